import type { z } from "zod";
import type { OperationCall } from "./operation-call.js";

/** How far a long run is, in records. */
export interface RunProgress {
  /** Records that the vendor is done with, those that it refused included. */
  readonly processed: number;
  /** Those of them that the vendor refused. */
  readonly failed: number;
  /** Records that there are to do. Missing: not known yet. */
  readonly total?: number;
}

/** What one look at the vendor found. */
export type RunStep<State, Output> =
  | {
      readonly done: false;
      /** Where to go on from: handed to the next look. */
      readonly state: State;
      readonly progress: RunProgress;
      /** Milliseconds until the next look. */
      readonly waitMs: number;
    }
  | { readonly done: true; readonly progress: RunProgress; readonly output: Output };

/** What `start` of a {@link LongRun} is called with. */
export interface LongRunStart<State> extends OperationCall {
  /**
   * Resolves once the state is stored durably, in place of the one before. To be called as soon as something exists at the
   * vendor that a dead process would leave behind, and awaited before more is sent there.
   */
  checkpoint(state: State): Promise<void>;
}

/** What the other calls of a {@link LongRun} are made with. */
export interface LongRunCall {
  /** Ends this call when aborted, and not the work at the vendor. */
  readonly signal: AbortSignal;
}

/**
 * Work at the vendor that outlives a request and the process that began it. What is known of it is the state: small, plain
 * JSON without records and without secrets, by which any process can go on. The service stores a MiB of it at most, and as much
 * of an output.
 *
 * Its parts are methods for the reason that `Operation.run` is one.
 */
export interface LongRun<Connector = unknown, Input = unknown, State = unknown, Output = unknown> {
  /** Proves a state that was stored, perhaps by an older version of the package. */
  readonly state: z.ZodType<State>;
  /**
   * Begins. The request's bytes, if any, are read here, and nowhere else.
   *
   * @throws {ConnectorError} what the vendor's failure maps to. What the last checkpoint names is then cancelled by the
   *   caller.
   */
  start(connector: Connector, input: Input, call: LongRunStart<State>): Promise<State>;
  /**
   * Looks once how far it is, and does the next thing. Safe to repeat with the same state: a process may die before what
   * this gave is stored.
   *
   * @throws {ConnectorError} retryable ones are looked at again later; any other ends the run as failed.
   */
  advance(connector: Connector, state: State, call: LongRunCall): Promise<RunStep<State, Output>>;
  /**
   * Ends the work at the vendor; what is done stays done. Safe to repeat, and of work that has ended or is gone by itself;
   * also for a run whose `start` was cut off by a crash after a checkpoint.
   */
  cancel(connector: Connector, state: State, call: LongRunCall): Promise<void>;
}
