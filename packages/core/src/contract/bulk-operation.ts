import { ConnectorError, codeOf } from "../errors/index.js";
import type { Clock } from "../runtime/index.js";
import type { LongRun } from "./long-run.js";
import { pause, pauseBeforeLookingAgainMs } from "./look-again.js";
import { defineOperation, type Operation } from "./operation.js";
import type { OperationCall } from "./operation-call.js";

/** What a bulk operation is declared by: everything of an operation except what its long run says already. */
export interface BulkOperation<Connector, Input, State, Output>
  extends Omit<
    Operation<Connector, Input, Output>,
    "kind" | "run" | "stream" | "produces" | "longRun" | "takesIdempotencyKey"
  > {
  /** How the work is begun, followed and ended. */
  readonly longRun: LongRun<Connector, Input, State, Output>;
}

/** Whoever waits for a run needs a clock to wait by. */
interface Clocked {
  readonly clock: Clock;
}

/** Failed looks in a row after which a caller who waits is told: about 25 minutes. */
const patience = 12;

/**
 * Declares an operation of kind `bulk`. Its `run` begins the work and looks at it until it is done, by the connector's clock,
 * for callers who wait; the service begins it, answers, and looks at it later, after a restart, too.
 *
 * An aborted signal cancels the work at the vendor, and so does a start that fails. A look that fails does not: the error is
 * thrown once looking again does not help, and the work goes on there.
 *
 * @throws {ConnectorError} `INVALID_DEFINITION` when its media types and its output do not fit together.
 */
export function defineBulkOperation<Connector extends Clocked, Input, State, Output>(
  operation: BulkOperation<Connector, Input, State, Output>,
): Operation<Connector> {
  const { longRun } = operation;
  return defineOperation<Connector, Input, Output>({
    ...operation,
    kind: "bulk",
    run: (connector, input, call) => runToItsEnd(longRun, connector, input, call),
  });
}

async function runToItsEnd<Connector extends Clocked, Input, State, Output>(
  longRun: LongRun<Connector, Input, State, Output>,
  connector: Connector,
  input: Input,
  call: OperationCall,
): Promise<Output> {
  const { signal } = call;
  // An object, so that "there is none" differs from a state of any value.
  let reached: { readonly state: State } | undefined;
  let isStarted = false;
  try {
    const checkpoint = async (state: State): Promise<void> => {
      reached = { state };
    };
    reached = { state: await longRun.start(connector, input, { ...call, checkpoint }) };
    isStarted = true;
    let { state } = reached;
    for (let failures = 0; ; ) {
      signal.throwIfAborted();
      let waitMs: number;
      try {
        const step = await longRun.advance(connector, state, { signal });
        if (step.done) return step.output;
        reached = { state: step.state };
        ({ state, waitMs } = step);
        failures = 0;
      } catch (error) {
        const pauseMs = failures < patience ? pauseBeforeLookingAgainMs(error, failures) : undefined;
        if (pauseMs === undefined) throw error;
        waitMs = pauseMs;
        failures += 1;
      }
      await pause(connector.clock, waitMs, signal);
    }
  } catch (error) {
    if (signal.aborted) throw await cancelled(longRun, connector, reached, error);
    if (!isStarted && reached) await tryToCancel(longRun, connector, reached.state);
    throw error;
  }
}

/** Cancels at the vendor what there is. @returns What to tell the caller whose signal it was. */
async function cancelled<Connector, State>(
  longRun: LongRun<Connector, unknown, State>,
  connector: Connector,
  reached: { readonly state: State } | undefined,
  cause: unknown,
): Promise<ConnectorError> {
  const failure = reached && (await tryToCancel(longRun, connector, reached.state));
  if (!failure) {
    return new ConnectorError("CANCELLED", "The caller's signal ended the work, at the vendor too.", { cause });
  }
  const message = `The caller's signal ended the waiting, but cancelling at the vendor failed (${codeOf(failure.error)}): the work may go on there.`;
  return new ConnectorError("CANCELLED", message, { cause: failure.error });
}

/** The caller's signal may be aborted by now; the transport's timeouts bound this call. */
async function tryToCancel<Connector, State>(
  longRun: LongRun<Connector, unknown, State>,
  connector: Connector,
  state: State,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    await longRun.cancel(connector, state, { signal: new AbortController().signal });
    return undefined;
  } catch (error) {
    return { error };
  }
}
