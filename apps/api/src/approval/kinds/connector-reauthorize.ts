import { isConnectorError, MemoryTokenStore, type TokenSet } from "@isthmus/core";
import { z } from "zod";
import type { ConnectorRow } from "../../repositories/index.js";
import { readTokenSet } from "../../tokens/token-set-schema.js";
import { tokensPlace } from "../../tokens/tokens-place.js";
import type { ChangeKind } from "../change-kind.js";

const schema = z.object({
  /** The tokens that the vendor has granted. */
  tokens: z.record(z.string(), z.unknown()),
  /** When they are to be renewed; missing = never. */
  refreshAtMs: z.number().optional(),
  /** Whose they are; `null` = the vendor did not say. */
  account: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
});

/** A connection to another account. */
export type ConnectorReauthorization = z.infer<typeof schema>;

/** How long a vendor may take to revoke a grant that is not wanted. */
const revokeWithinMs = 30_000;

/**
 * That a connector is connected to another account from then on. Until then its present tokens go on working; the new ones wait,
 * sealed, and are revoked at the vendor when they are not wanted.
 */
export const connectorReauthorize: ChangeKind<ConnectorReauthorization, ConnectorRow> = {
  name: "connector.reauthorize",
  permission: "connectors.connect",
  schema,
  async prepare({ vault, pool, events }, { tenantId, target: { id, version } }, { account, refreshAtMs, ...held }) {
    const tokens = readTokenSet(held.tokens);
    const sealed = await vault.seal(tokens, tokensPlace(tenantId, id));
    const { id: accountId = null, name: accountName = null } = account ?? {};
    return {
      async apply({ connectors, connectorTokens }, note) {
        const bound = { boundAccountId: accountId, boundAccountName: accountName };
        // It locks the row: an authorisation that ends now changes its account, and not its version.
        const before = await connectors.recordConnection(id, {});
        const updated = await connectors.update(id, version ?? 0, bound);
        await connectorTokens.replace(id, { tokens: sealed, ...timesOf(tokens, refreshAtMs) });
        const accountVersion = account ? updated.version : null;
        const facts = { status: "connected", accountId, accountName, accountVersion } as const;
        const row = await connectors.recordConnection(id, facts);
        await note("connector.connected", { accountId, accountName }, { before, after: row });
        return row;
      },
      applied({ connectorType: type }) {
        // It holds the tokens of the account before.
        pool.drop(id);
        const connection = { type, tenantId, connectorId: id };
        events.emit("connector.connected", { connection, ...(accountId !== null && { accountId }) });
      },
    };
  },
  async dispose({ database, pool, clock, random, logger, ending }, { tenantId, target: { id } }, { tokens }) {
    const row = await database.asTenant(
      tenantId,
      async ({ connectors }) => (await connectors.findById(id)) ?? (await connectors.findDeleted(id)),
    );
    if (row === undefined)
      return logger.warn({ tenantId, connectorId: id }, "A grant of a connector that is gone stays alive");
    const tokenStore = new MemoryTokenStore({ clock, random, tokens: readTokenSet(tokens) });
    const signal = AbortSignal.any([ending, AbortSignal.timeout(revokeWithinMs)]);
    const { failure } = await pool.apart(row, tokenStore, (connector) => connector.revoke(signal));
    if (failure === undefined) return;
    // A vendor that has no way to be told is told no second time.
    if (isConnectorError(failure) && failure.code === "UNSUPPORTED") return;
    throw failure;
  },
};

/** When tokens end and are renewed, as their row says. */
export function timesOf({ expiresAtMs, reconnectBeforeMs }: TokenSet, refreshAtMs: number | undefined) {
  return {
    ...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs) }),
    ...(refreshAtMs !== undefined && { refreshAt: new Date(refreshAtMs) }),
    ...(reconnectBeforeMs !== undefined && { reconnectBefore: new Date(reconnectBeforeMs) }),
  };
}
