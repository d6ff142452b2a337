import {
  type BaseConnector,
  type BinaryContent,
  discardContent,
  isBinaryContent,
  isConnectorError,
  type Operation,
  runOperation as run,
} from "@isthmus/core";
import type { Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { auditOf } from "./audit.js";
import { changesRecords, type Runnable } from "./connector-operations.js";

/** How a write happens once, although its request may come again. */
export interface WriteOnce {
  /** The same for each try. */
  readonly vendorKey: string;
  /** The write may be sent again. */
  mayRepeat(): void;
  /** Notes durably that it may not. Throws where it must not be sent at all. */
  begin(): Promise<void>;
}

/** What an operation is run with. */
export interface OperationRequest {
  /** As the operation's schema wants it. */
  readonly input: unknown;
  /** The bytes, where the operation takes some. */
  readonly content?: BinaryContent;
  /** Does a write once, where the request came with a key for that. */
  readonly once?: WriteOnce;
  /** Ends a read whose caller has gone. */
  readonly readSignal: AbortSignal;
}

/**
 * Runs an operation of a connector. Writes are audited, with the operation and its outcome, never with the record.
 *
 * @throws {ConnectorError} `VALIDATION_FAILED` before anything is sent; what the vendor's failure maps to.
 */
export function runOperation(
  services: Services,
  caller: Caller,
  runnable: Runnable,
  request: OperationRequest,
): Promise<unknown> {
  return services.pool.use(runnable.row, (connector) => runAudited(services, caller, connector, runnable, request));
}

/**
 * {@link runOperation} for one that gives bytes. The connector stays open until `consume` has ended; what it leaves unread
 * is let go of.
 */
export async function openOperation(
  services: Services,
  caller: Caller,
  runnable: Runnable,
  request: OperationRequest,
  consume: (content: BinaryContent) => Promise<void>,
): Promise<void> {
  await services.pool.use(runnable.row, async (connector) => {
    const content = await runAudited(services, caller, connector, runnable, request);
    if (!isBinaryContent(content)) throw new TypeError(`${runnable.operation.name} gives no bytes.`);
    try {
      await consume(content);
    } catch (error) {
      await Promise.allSettled([discardContent(content)]);
      throw error;
    }
  });
}

/** The outcome of a write is known when the vendor has answered; how its bytes get to the caller changes nothing of it. */
async function runAudited(
  services: Services,
  caller: Caller,
  connector: BaseConnector,
  { row, operation }: Runnable,
  { input, content, once, readSignal }: OperationRequest,
): Promise<unknown> {
  const writes = changesRecords(operation);
  const call = {
    signal: writes ? services.ending : readSignal,
    ...(content && { content }),
    ...(once && operation.takesIdempotencyKey && { idempotencyKey: once.vendorKey }),
  };
  const audit = (error?: unknown) => (writes ? auditWrite(services, caller, row.id, operation, error) : undefined);
  if (operation.idempotent || operation.takesIdempotencyKey) once?.mayRepeat();
  else await once?.begin();
  try {
    const output = await run(connector, operation, input, call);
    await audit();
    return output;
  } catch (error) {
    await audit(error);
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
