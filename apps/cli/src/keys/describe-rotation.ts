import type { Rotation } from "../answers.js";

/** One line: state, counts, and what is wrong. */
export function describeRotation({ status, progress, failure, waiting }: Rotation): string {
  const parts = [`${status}: ${countsOf("data keys", progress.dataKeys)}`];
  if (progress.values.total > 0) parts.push(countsOf("values", progress.values));
  if (waiting) parts.push(`waiting (${waiting.code})`);
  if (failure) parts.push(`last failure ${failure.code}: ${failure.detail}`);
  return parts.join(", ");
}

/** One line with a bar that is `width` characters wide, to be drawn over by the next one. */
export function drawRotation(rotation: Rotation, width = 30): string {
  const { dataKeys, values } = rotation.progress;
  const done = dataKeys.done + dataKeys.failed + values.done + values.failed;
  const total = dataKeys.total + values.total;
  // Rows come and go while it runs, so there may be more done than there was to do.
  const filled = total === 0 ? width : Math.min(width, Math.floor((width * done) / total));
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${describeRotation(rotation)}`;
}

function countsOf(what: string, { done, failed, total }: Rotation["progress"]["values"]): string {
  return `${done} of ${total} ${what}${failed > 0 ? ` (${failed} failed)` : ""}`;
}
