import type { OperationRun } from "../answers.js";
import { drawBar } from "../draw-bar.js";

/** One line: which run, where it stands, counts, and what is wrong. */
export function describeRun(run: OperationRun): string {
  const { id, operation, status, error } = run;
  const trouble = error ? `, ${error.code}: ${error.detail}` : "";
  return `${id} ${operation} ${status}: ${countsOf(run)}${trouble}`;
}

/** A short line with a bar of `width` characters, where it is known how much there is to do. */
export function drawRun(run: OperationRun, width = 30): string {
  const { status, progress, error } = run;
  const bar = progress.total === null ? "" : `${drawBar(progress.processed, progress.total, width)} `;
  return `${bar}${status}: ${countsOf(run)}${error ? `, waiting (${error.code})` : ""}`;
}

/** Whether there is more to come. */
export function goesOn({ endedAt }: OperationRun): boolean {
  return endedAt === null;
}

function countsOf({ progress: { processed, failed, total } }: OperationRun): string {
  const of = total === null ? "" : ` of ${total}`;
  return `${processed}${of} records${failed > 0 ? ` (${failed} refused)` : ""}`;
}
