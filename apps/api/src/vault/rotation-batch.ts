import { type Clock, isConnectorError, type Logger } from "@isthmus/core";
import { mapConcurrently } from "../concurrently.js";
import { isUnreadable } from "../errors/index.js";
import type {
  KeyRotationPhase,
  KeyRotationRow,
  RotatedItem,
  RotationBatch,
  RotationTrouble,
} from "../repositories/index.js";
import { listRotationTasks, type RotationTask, rowsOfBatch, type TaskParts } from "./rotation-tasks.js";

/** What batches are made with. */
export interface RotationParts extends TaskParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A batch, and what ended it before its time. */
export interface PreparedBatch {
  /** `undefined` = nothing of it is finished. */
  readonly batch: RotationBatch | undefined;
  /** What the key provider or the database threw: nothing more is done for now. */
  readonly interruption: unknown;
}

/** What became of one row: something to write or nothing, or a failure of its own. */
type Outcome = { readonly item: RotatedItem | undefined } | { readonly failure: RotationTrouble };

/** Calls of the key provider at once. */
const atOnce = 8;
/** So that what is done lands, and the lease is renewed, long before it is over. */
const budgetMs = 20_000;

/**
 * Does the next batch of a rotation, up to writing it: no transaction is open while the key provider works. A key or value
 * that does not open is a failure of its own, and the rest goes on. `signal`, the time it may take, or a provider that is
 * away or refuses end it: what is under way is finished, and the batch is what is done without a gap.
 */
export async function prepareBatch(
  parts: RotationParts,
  rotation: KeyRotationRow,
  signal?: AbortSignal,
): Promise<PreparedBatch> {
  const tasks = await listRotationTasks(parts, rotation);
  const { outcomes, interruption } = await workOff(parts, tasks, signal);
  const isWhole = outcomes.length === tasks.length;
  if (outcomes.length === 0 && !isWhole) return { batch: undefined, interruption };
  const failures = outcomes.filter((outcome) => "failure" in outcome);
  const isLast = isWhole && tasks.length < rowsOfBatch(parts, rotation.phase);
  const batch = {
    items: outcomes.flatMap((outcome) => ("item" in outcome && outcome.item ? [outcome.item] : [])),
    done: outcomes.length - failures.length,
    failed: failures.length,
    failedInPlace: outcomes.filter((outcome, index) => "failure" in outcome && tasks[index]?.isInPlace).length,
    failure: failures.at(-1)?.failure,
    phase: isLast ? phaseAfter(rotation) : rotation.phase,
    cursor: isLast ? undefined : tasks[outcomes.length - 1]?.cursor,
  };
  return { batch, interruption };
}

/**
 * Does as many of the tasks as `signal`, the time and the key provider allow, from the first on without a gap. What does not
 * open is logged.
 */
export async function workOff(
  { clock, logger }: Pick<RotationParts, "clock" | "logger">,
  tasks: readonly RotationTask[],
  signal?: AbortSignal,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly interruption: unknown }> {
  const untilMs = clock.now() + budgetMs;
  let interruption: unknown;
  const outcomes = await mapConcurrently(tasks, atOnce, async ({ cursor, change }): Promise<Outcome | undefined> => {
    if (interruption !== undefined || signal?.aborted || clock.now() >= untilMs) return undefined;
    try {
      return { item: await change() };
    } catch (error) {
      if (!isConnectorError(error) || !isUnreadable(error)) {
        interruption ??= error;
        return undefined;
      }
      logger.warn({ id: cursor, err: error }, "A data key or value does not open and is not rotated");
      return { failure: { code: error.code, detail: error.message } };
    }
  });
  const gap = outcomes.indexOf(undefined);
  const finished = gap === -1 ? outcomes : outcomes.slice(0, gap);
  return { outcomes: finished.filter((outcome) => outcome !== undefined), interruption };
}

const nextPhases = {
  wrapping: "replacing",
  replacing: "credentials",
  credentials: "tokens",
  tokens: "authorizations",
  authorizations: "inbound_secrets",
  inbound_secrets: "deliveries",
  deliveries: "operation_runs",
  operation_runs: "change_requests",
  change_requests: "webhook_secrets",
  webhook_secrets: "ending",
  ending: "ending",
} as const satisfies Record<KeyRotationPhase, KeyRotationPhase>;

function phaseAfter({ dataKeys, phase }: KeyRotationRow): KeyRotationPhase {
  return dataKeys ? nextPhases[phase] : "ending";
}
