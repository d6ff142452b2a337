import { isConnectorError, type Operation } from "@isthmus/core";
import type { Caller } from "../authorization/index.js";
import { unwatched } from "../database/index.js";
import type { Services } from "../services.js";
import { auditOf, connectorAudit } from "./audit.js";
import { changesRecords } from "./connector-operations.js";

/** What is noted of one call of an operation. */
export interface OperationAudit {
  /** Says what became of it. Never throws. */
  end(error?: unknown): Promise<void>;
}

/**
 * Begins to note a call: a write before anything is sent, and with its outcome; reads in sums.
 *
 * @throws {DatabaseUnavailableError} Then nothing may be sent.
 */
export async function beginAudit(
  services: Services,
  caller: Caller,
  connectorId: string,
  operation: Operation,
): Promise<OperationAudit> {
  const { name } = operation;
  if (!changesRecords(operation)) {
    const noteFailure = services.readSums.note(caller, connectorId, name);
    return { end: async (error) => (error === undefined ? undefined : noteFailure()) };
  }
  const begun = await auditIntent(services, caller, connectorId, operation);
  return { end: (error) => auditOutcome(services, caller, connectorId, { operation: name, begun }, error) };
}

/**
 * Stores that a write is about to be sent: what is begun and never ended is a process that died in between.
 *
 * @returns the event's id, which the outcome names.
 * @throws {DatabaseUnavailableError} Then nothing may be sent.
 */
async function auditIntent(
  { database }: Services,
  caller: Caller,
  connectorId: string,
  { name }: Operation,
): Promise<string> {
  const event = connectorAudit(caller, "operation.begun", connectorId, { operation: name });
  const noted = unwatched(() => database.asTenant(caller.tenantId, ({ auditEvents }) => auditEvents.append(event)));
  return (await noted).id;
}

/** The vendor's answer stands, whatever becomes of the note about it: a failure here is logged and no more. */
async function auditOutcome(
  { database, logger }: Services,
  caller: Caller,
  connectorId: string,
  about: { readonly operation: string; readonly begun: string },
  error: unknown,
): Promise<void> {
  const outcome = error === undefined ? "success" : "failure";
  const code = isConnectorError(error) ? error.code : undefined;
  const details = { ...about, ...(code !== undefined && { code }) };
  try {
    await database.asTenant(caller.tenantId, ({ auditEvents }) =>
      auditEvents.append(
        auditOf(caller, { action: "operation.run", targetType: "connector", targetId: connectorId, outcome, details }),
      ),
    );
  } catch (failure) {
    logger.error({ err: failure, connectorId, ...details, outcome }, "A write to the vendor could not be audited");
  }
}
