import {
  type BaseConnector,
  type BinaryContent,
  discardContent,
  isBinaryContent,
  isConnectorError,
  type Operation,
  runOperation as run,
  takesKey,
} from "@isthmus/core";
import type { Caller } from "../authorization/index.js";
import { unwatched } from "../database/index.js";
import type { Services } from "../services.js";
import { auditOf, connectorAudit } from "./audit.js";
import { changesRecords, type Runnable } from "./connector-operations.js";

/** How a write happens once, although its request may come again. */
export interface WriteOnce {
  /** The same for each try. */
  readonly vendorKey: string;
  /** When the first try began, in epoch milliseconds. */
  readonly firstCalledAtMs: number;
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
 * Runs an operation of a connector. A write is audited before anything is sent, and with its outcome; reads in sums. No
 * record and no input is in it.
 *
 * @throws {DatabaseUnavailableError} before anything is sent.
 * @throws {ConnectorError} `VALIDATION_FAILED` before anything is sent; what the vendor's failure maps to.
 */
export function runOperation(
  services: Services,
  caller: Caller,
  runnable: Runnable,
  request: OperationRequest,
): Promise<unknown> {
  const { row } = runnable;
  return services.pool.use(row, (connector) => runAudited(services, caller, connector, runnable, request), caller);
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
  const consumeAudited = async (connector: BaseConnector) => {
    const content = await runAudited(services, caller, connector, runnable, request);
    if (!isBinaryContent(content)) throw new TypeError(`${runnable.operation.name} gives no bytes.`);
    try {
      await consume(content);
    } catch (error) {
      await Promise.allSettled([discardContent(content)]);
      throw error;
    }
  };
  await services.pool.use(runnable.row, consumeAudited, caller);
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
  const repeats = once !== undefined && takesKey(operation, input);
  const call = {
    signal: writes ? services.ending : readSignal,
    ...(content && { content }),
    ...(repeats && { idempotencyKey: once.vendorKey, firstCalledAtMs: once.firstCalledAtMs }),
  };
  // Before the once: what could not be noted here was not sent, and may come again.
  const audit = await beginAudit(services, caller, row.id, operation);
  try {
    if (operation.idempotent || repeats) once?.mayRepeat();
    else await once?.begin();
    const output = await run(connector, operation, input, call);
    await audit.end();
    return output;
  } catch (error) {
    await audit.end(error);
    throw error;
  }
}

interface OperationAudit {
  /** Says what became of it. Never throws. */
  end(error?: unknown): Promise<void>;
}

/** @throws {DatabaseUnavailableError} Then nothing may be sent. */
async function beginAudit(
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
