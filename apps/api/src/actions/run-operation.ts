import {
  type BaseConnector,
  type BinaryContent,
  discardContent,
  isBinaryContent,
  runOperation as run,
  takesKey,
} from "@isthmus/core";
import type { Caller } from "../authorization/index.js";
import type { Services } from "../services.js";
import { beginAudit } from "./audit-operation.js";
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
