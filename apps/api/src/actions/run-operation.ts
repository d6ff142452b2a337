import { isConnectorError, type Operation, runOperation as run } from "@isthmus/core";
import type { Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";
import { changesRecords, findRunnable } from "./connector-operations.js";

/** Which operation, with what. */
export interface OperationRequest {
  readonly connectorId: string;
  readonly operation: string;
  /** As the operation's schema wants it. */
  readonly input: unknown;
  /** Ends a read whose caller has gone. */
  readonly readSignal: AbortSignal;
}

/**
 * Runs an operation of a connector. Writes are audited, with the operation and its outcome, never with the record.
 *
 * @throws {ConnectorError} `VALIDATION_FAILED` before anything is sent; what the vendor's failure maps to.
 */
export async function runOperation(services: Services, caller: Caller, request: OperationRequest): Promise<unknown> {
  const { connectorId, readSignal, input } = request;
  const { row, operation } = await findRunnable(services, caller, connectorId, request.operation);
  const writes = changesRecords(operation);
  const call = { signal: writes ? services.ending : readSignal };
  try {
    const output = await services.pool.use(row, (connector) => run(connector, operation, input, call));
    if (writes) await auditWrite(services, caller, connectorId, operation, undefined);
    return output;
  } catch (error) {
    if (writes) await auditWrite(services, caller, connectorId, operation, error);
    throw error;
  }
}

/** The vendor's answer stands, whatever becomes of the note about it: a failure here is logged and no more. */
async function auditWrite(
  { database, logger }: Services,
  caller: Caller,
  connectorId: string,
  operation: Operation,
  error: unknown,
): Promise<void> {
  const outcome = error === undefined ? "success" : "failure";
  const code = isConnectorError(error) ? error.code : undefined;
  const details = { operation: operation.name, ...(code !== undefined && { code }) };
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
