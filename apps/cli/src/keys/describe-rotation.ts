import type { Rotation } from "../answers.js";

/** One line: state, counts, and what is wrong. */
export function describeRotation(rotation: Rotation): string {
  const { failure } = rotation;
  const counts = countAll(rotation);
  return failure ? `${counts}, last failure ${failure.code}: ${failure.detail}` : counts;
}

/** A short line with a bar of `width` characters. One that were longer than the terminal could not be drawn over. */
export function drawRotation(rotation: Rotation, width = 30): string {
  const { dataKeys, values } = rotation.progress;
  const done = dataKeys.done + dataKeys.failed + values.done + values.failed;
  const total = dataKeys.total + values.total;
  // Rows come and go while it runs, so there may be more done than there was to do.
  const filled = total === 0 ? width : Math.min(width, Math.floor((width * done) / total));
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${countAll(rotation)}`;
}

function countAll({ status, progress, waiting }: Rotation): string {
  const parts = [`${status}: ${countsOf("data keys", progress.dataKeys)}`];
  if (progress.values.total > 0) parts.push(countsOf("values", progress.values));
  if (waiting) parts.push(`waiting (${waiting.code})`);
  return parts.join(", ");
}

function countsOf(what: string, { done, failed, total }: Rotation["progress"]["values"]): string {
  return `${done} of ${total} ${what}${failed > 0 ? ` (${failed} failed)` : ""}`;
}
