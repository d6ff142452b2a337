import { auditOf } from "../actions/audit.js";
import type { Caller } from "../authorization/principal.js";
import { type Database, unwatched } from "../database/index.js";
import type { ConnectorRow } from "../repositories/index.js";

/** Whose request a process opens credentials for. */
export type OpenedFor = Caller;

/**
 * Audits that this process takes the credentials of a connector into memory. Where that cannot be audited, it does not.
 *
 * @param by - Whose request it is for; `undefined` = the service's own work.
 * @throws {DatabaseUnavailableError}
 */
export async function noteOpening(
  database: Database,
  { tenantId, id, version }: ConnectorRow,
  by: OpenedFor | undefined,
): Promise<void> {
  const details = { connectorVersion: version };
  const facts = {
    action: "credentials.opened",
    targetType: "connector",
    targetId: id,
    outcome: "success",
    details,
  } as const;
  const event = by === undefined ? facts : auditOf(by, facts);
  await unwatched(() => database.asTenant(tenantId, ({ auditEvents }) => auditEvents.append(event)));
}
