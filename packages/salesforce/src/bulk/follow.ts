import {
  type Clock,
  ConnectorError,
  type LongRunCall,
  pause,
  pauseBeforeLookingAgainMs,
  type RunProgress,
  type RunStep,
} from "@isthmus/core";

/** Failed looks in a row after which the caller is told: about 25 minutes. */
const patience = 12;

/** Who waits for a job, and what they are told meanwhile. */
export interface FollowOptions<State> {
  /** Ends the waiting and aborts the job at Salesforce. */
  readonly signal?: AbortSignal;
  /** Told after each look. */
  readonly onProgress?: (progress: RunProgress) => void;
  /**
   * Given the state as soon as it has changed, to be stored: with it, the run is gone on with after a crash. The run waits for
   * it.
   */
  readonly onState?: (state: State) => void | Promise<void>;
}

/** The steps of a run that has begun. */
export interface FollowedRun<State, Output> {
  advance(state: State, call: LongRunCall): Promise<RunStep<State, Output>>;
  cancel(state: State, call: LongRunCall): Promise<void>;
}

/**
 * Looks at a run until it is done. An aborted signal ends it at Salesforce. A look that fails does not: looks go on as long
 * as they may succeed, then the error is thrown, and the jobs go on at Salesforce.
 *
 * @throws {ConnectorError} `CANCELLED` when the signal was aborted.
 */
export async function follow<State, Output>(
  run: FollowedRun<State, Output>,
  begun: State,
  clock: Clock,
  { signal = new AbortController().signal, onProgress, onState }: FollowOptions<State>,
): Promise<Output> {
  let state = begun;
  try {
    for (let failures = 0; ; ) {
      signal.throwIfAborted();
      let waitMs: number;
      try {
        const step = await run.advance(state, { signal });
        onProgress?.(step.progress);
        if (step.done) return step.output;
        ({ state, waitMs } = step);
        await onState?.(state);
        failures = 0;
      } catch (error) {
        const pauseMs = failures < patience ? pauseBeforeLookingAgainMs(error, failures) : undefined;
        if (pauseMs === undefined) throw error;
        waitMs = pauseMs;
        failures += 1;
      }
      await pause(clock, waitMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw await cancelAfter(run, state, error);
  }
}

/** Ends at Salesforce what there is. @returns What to tell the caller whose signal it was. */
export async function cancelAfter<State>(
  run: Pick<FollowedRun<State, unknown>, "cancel">,
  state: State | undefined,
  cause: unknown,
): Promise<ConnectorError> {
  try {
    if (state !== undefined) await run.cancel(state, { signal: new AbortController().signal });
    return new ConnectorError("CANCELLED", "The caller's signal ended the work, at Salesforce too.", { cause });
  } catch (failure) {
    const message = "The caller's signal ended the waiting, but the jobs could not be aborted: they may go on.";
    return new ConnectorError("CANCELLED", message, { cause: failure });
  }
}
