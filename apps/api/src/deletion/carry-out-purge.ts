import type { Random } from "@isthmus/core";
import { type AuditFacts, auditOf } from "../actions/audit.js";
import { RowDigester } from "../audit/row-digester.js";
import type { Caller } from "../authorization/index.js";
import type { ClaimedPurge, ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { assertDeletable } from "./deletion-rule.js";
import { emptyConnectors } from "./empty-connectors.js";
import { type GrantOutcome, revokeGrant } from "./revoke-grant.js";

/** How long nobody else takes a purge. Longer than a renewal that is waited for and the call of the vendor together. */
export const purgeLeaseMs = 120_000;
const revokeWithinMs = 90_000;
const firstPauseMs = 60_000;
const longestPauseMs = 6 * 3_600_000;

/** How a purge stands. */
export interface PurgeOutcome {
  /** Whether the connector is gone. If not, a worker goes on. */
  readonly purged: boolean;
  /** What became of its grant; `undefined` = somebody else is at it. */
  readonly grant: GrantOutcome | undefined;
}

/** Who waits for a purge, and for how long. */
export interface PurgeRequest {
  /** Whoever asked for it; `undefined` = a worker. */
  readonly caller?: Caller;
  /** How long the vendor may be asked, in milliseconds. Default 90 000. */
  readonly withinMs?: number;
}

/**
 * Carries out a purge that was claimed: asks the vendor to revoke the grant, and only then removes the connector with its
 * tokens. A vendor that does not do so is asked again later, until the claim is the last one: then the connector goes all the
 * same, and the audit, the outbox and the log say what is left to be done by hand.
 *
 * A process that dies in the middle leaves the connector to the next one: a grant is revoked twice without harm.
 *
 * @throws {DatabaseUnavailableError} {@link ApiError} of a rule. The purge is taken again when its lease is over.
 */
export async function carryOutPurge(
  services: Services,
  claim: ClaimedPurge,
  { caller, withinMs = revokeWithinMs }: PurgeRequest = {},
): Promise<PurgeOutcome> {
  const { database, ending, random } = services;
  const { tenantId, connectorId, attemptId } = claim;
  const row = await database.asTenant(tenantId, ({ connectors }) => connectors.findDeleted(connectorId));
  if (row === undefined) return { purged: true, grant: undefined };
  const grant = await revokeGrant(services, row, AbortSignal.any([ending, AbortSignal.timeout(withinMs)]));
  if (grant.kind === "alive" && grant.mayChange && !claim.isLast) {
    const pauseMs = pauseAfter(claim.failures, random);
    await database.asTenant(tenantId, ({ connectorDeletions }) =>
      connectorDeletions.putOff(connectorId, attemptId, grant.code, pauseMs),
    );
    return { purged: false, grant };
  }
  return { purged: await remove(services, row, attemptId, grant, caller), grant };
}

async function remove(
  services: Services,
  row: ConnectorRow,
  attemptId: string,
  grant: GrantOutcome,
  caller: Caller | undefined,
): Promise<boolean> {
  const { database, deletionRules, pool, events, logger } = services;
  const { tenantId, id: connectorId, connectorCode, connectorType: type, accountId, accountName } = row;
  const code = grant.kind === "alive" ? grant.code : undefined;
  const facts = { connectorId, connectorCode, type, accountId, accountName, code };
  using digester = await RowDigester.take(services, tenantId);
  await emptyConnectors(services, { tenantId, connectorId });
  const removed = await database.asTenant(tenantId, async (work) => {
    const { connectorDeletions, connectors, auditEvents, outboxEvents } = work;
    const held = await connectorDeletions.hold(connectorId, attemptId);
    if (held === undefined) return false;
    await assertDeletable(deletionRules, work, { kind: "connector", connectorId });
    if (!(await connectors.remove(connectorId))) return false;
    const about = (action: string, outcome: "success" | "failure", details: object): AuditFacts => ({
      action,
      targetType: "connector",
      targetId: connectorId,
      outcome,
      details,
    });
    const append = (event: AuditFacts) => auditEvents.append(caller ? auditOf(caller, event) : event);
    const begunAt = held.begunAt.toISOString();
    const digests = digester.of("connectors", connectorId, { before: row });
    const details = { code: connectorCode, type, revoked: grant.kind === "revoked", begunAt, ...digests };
    await append(about("connector.purged", "success", details));
    if (code === undefined) return true;
    await append(about("connector.grant_abandoned", "failure", { code, type, accountId, accountName }));
    await outboxEvents.append({ type: "connector.grant_abandoned", connectorId, payload: facts });
    return true;
  });
  if (!removed) return false;
  pool.drop(connectorId);
  if (code !== undefined) {
    logger.error(
      { tenantId, ...facts },
      "A connector was purged with its grant alive: revoke it at the vendor by hand",
    );
  }
  const connection = { type, tenantId, connectorId };
  events.emit("connector.purged", { connection, isGrantAlive: code !== undefined });
  return true;
}

/** A minute after the first failure, twice as long each time, six hours at the most; a fifth more or less, so that not all come at once. */
function pauseAfter(failures: number, random: Random): number {
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** failures);
  return pauseMs * (0.8 + 0.4 * random.number());
}
