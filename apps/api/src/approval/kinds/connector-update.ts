import { z } from "zod";
import { assertNoRun } from "../../actions/assert-no-run.js";
import { credentialsPlace } from "../../connectors/credentials-place.js";
import { StaleVersionError } from "../../database/index.js";
import type { ConnectorRow } from "../../repositories/index.js";
import type { ChangeKind } from "../change-kind.js";
import { connectorSettingsSchema } from "./connector-settings.js";

const accountSchema = z.object({ id: z.string().nullable(), name: z.string().nullable() });

const schema = z.object({
  /** What the caller gave, in the words of the API, for the audit. */
  fields: z.array(z.string()),
  settings: connectorSettingsSchema.partial(),
  /** New ones; missing = they stay. */
  credentials: z.unknown().optional(),
  /** Whether its tokens are destroyed: they were given for another address, or another way to authenticate. */
  grantEnds: z.boolean(),
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
    const sealed =
      credentials === undefined ? undefined : await vault.seal(credentials, credentialsPlace(tenantId, id));
    return {
      async apply(repositories, note) {
        const { connectors, connectorTokens, operationRuns } = repositories;
        const changes = { ...settings, ...boundBy(change), ...(sealed && { credentials: sealed }) };
        const changed = await connectors.update(id, version ?? 0, changes);
        assertSeenAccount(changed, change);
        if (grantEnds) await assertNoRun(operationRuns, id);
        await note({
          action: "connector.updated",
          targetType: "connector",
          targetId: id,
          outcome: "success",
          details: { fields, grantEnds },
        });
        if (!grantEnds) return changed;
        await connectorTokens.clear(id);
        return connectors.recordConnection(id, { status: "disconnected", accountId: null, accountName: null });
      },
      applied({ connectorType: type }) {
        pool.drop(id);
        events.emit("connector.updated", { connection: { type, tenantId, connectorId: id } });
      },
    };
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

function boundBy({ boundAccount }: ConnectorUpdate) {
  return boundAccount && { boundAccountId: boundAccount.id, boundAccountName: boundAccount.name };
}
