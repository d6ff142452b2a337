import { z } from "zod";
import { assertNoRun } from "../../actions/assert-no-run.js";
import { credentialsPlace } from "../../connectors/credentials-place.js";
import { StaleVersionError } from "../../database/index.js";
import type { ConnectorRow } from "../../repositories/index.js";
import type { ChangeKind } from "../change-kind.js";
import { connectorSettingsSchema, settingsOf } from "./connector-settings.js";

const accountSchema = z.object({ id: z.string().nullable(), name: z.string().nullable() });

const schema = z.object({
  /** What the caller gave, in the words of the API, for the audit. */
  fields: z.array(z.string()),
  settings: connectorSettingsSchema.partial(),
  /** New ones; missing = they stay, `null` = there were none. */
  credentials: z.unknown().optional(),
  /** Whether its tokens are destroyed: they were given for another address, or another way to authenticate. */
  grantEnds: z.boolean(),
  /** Its tokens are destroyed, too, unless they are still those of this account. */
  onlyGrantOf: z.string().nullable().optional(),
  /** Whether it goes on although a run of its operations has not ended, which then fails: only in a roll-back. */
  evenDuringRuns: z.boolean().optional(),
  /** The account that it was last connected to from then on; missing = it stays. */
  boundAccount: accountSchema.optional(),
  /** The account that it was last connected to when the change was asked for, where that is part of what is decided. */
  seenAccountId: z.string().nullable().optional(),
});

/** Changed settings of a connector. */
export type ConnectorUpdate = z.infer<typeof schema>;

/** Any setting of a connector, its environment included. */
export const connectorUpdate: ChangeKind<ConnectorUpdate, ConnectorRow> = {
  name: "connector.update",
  permission: "connectors.write",
  schema,
  async prepare({ vault, pool, events }, { tenantId, target: { id, version } }, change) {
    const { fields, settings, credentials, grantEnds } = change;
    const sealed = credentials == null ? credentials : await vault.seal(credentials, credentialsPlace(tenantId, id));
    return {
      async apply(repositories, note) {
        const { connectors, connectorTokens, operationRuns } = repositories;
        // It locks the row: with an authorisation that ends now its account changes, and not its version.
        const before = await connectors.recordConnection(id, {});
        const changes = { ...settings, ...boundBy(change), ...(sealed !== undefined && { credentials: sealed }) };
        const changed = await connectors.update(id, version ?? 0, changes);
        assertSeenAccount(changed, change);
        const ends = grantEnds || isOtherAccount(changed, change);
        if (ends && change.evenDuringRuns !== true) await assertNoRun(operationRuns, id);
        const row = { before, after: changed, secrets: credentials ?? undefined };
        await note("connector.updated", { fields, grantEnds: ends }, row);
        if (!ends) return changed;
        await connectorTokens.clear(id);
        return connectors.recordConnection(id, { status: "disconnected", accountId: null, accountName: null });
      },
      applied({ connectorType: type }) {
        pool.drop(id);
        events.emit("connector.updated", { connection: { type, tenantId, connectorId: id } });
      },
    };
  },
  async invert({ database, vault }, { tenantId, target: { id, version } }, change) {
    const row = await database.asTenant(tenantId, ({ connectors }) => connectors.findById(id));
    // Another version is found out where the change is applied: then this is not stored.
    if (row === undefined || row.version !== version) return { kind: "connector.update", change: {} };
    const given = change.credentials !== undefined;
    const credentials = given && row.credentials && (await vault.open(row.credentials, credentialsPlace(tenantId, id)));
    const before = settingsOf(row);
    const names = connectorSettingsSchema.keyof().options.filter((name) => change.settings[name] !== undefined);
    const flips = change.settings.environment !== undefined && change.settings.environment !== row.environment;
    const undo: ConnectorUpdate = {
      fields: change.fields,
      settings: Object.fromEntries(names.map((name) => [name, before[name]])),
      grantEnds: change.grantEnds,
      evenDuringRuns: true,
      ...(given && { credentials }),
      // As one of the sandbox it may be connected to anything meanwhile.
      ...(flips && { onlyGrantOf: row.accountId }),
      ...((flips || change.boundAccount) && { boundAccount: { id: row.boundAccountId, name: row.boundAccountName } }),
    };
    return { kind: "connector.update", change: undo };
  },
};

/**
 * A connector that becomes one of production takes its connection along: one that leads to another account by now is not what
 * was asked for.
 */
function assertSeenAccount(changed: ConnectorRow, { seenAccountId }: ConnectorUpdate): void {
  if (seenAccountId === undefined || changed.boundAccountId === seenAccountId) return;
  throw new StaleVersionError("account of the connector", changed.version);
}

function isOtherAccount({ accountId }: ConnectorRow, { onlyGrantOf }: ConnectorUpdate): boolean {
  return onlyGrantOf !== undefined && accountId !== null && accountId !== onlyGrantOf;
}

function boundBy({ boundAccount }: ConnectorUpdate) {
  return boundAccount && { boundAccountId: boundAccount.id, boundAccountName: boundAccount.name };
}
