import type { Rotation } from "../answers.js";
import { drawBar } from "../draw-bar.js";

/** One line: state, target, counts, what it waits for, and what is wrong. */
export function describeRotation(rotation: Rotation): string {
  const { status, keyEncryptionKeyId, waiting, failure } = rotation;
  const parts = [`${status}, to ${keyEncryptionKeyId}: ${countAll(rotation)}`];
  if (waiting) {
    const until = waiting.until === null ? "" : ` until ${waiting.until}`;
    parts.push(`waiting${until}, ${waiting.code}: ${waiting.detail}`);
  }
  if (failure) parts.push(`last failure ${failure.code}: ${failure.detail}`);
  return parts.join(", ");
}

/** A short line with a bar of `width` characters. One that were longer than the terminal could not be drawn over. */
export function drawRotation(rotation: Rotation, width = 30): string {
  const { status, waiting } = rotation;
  const { dataKeys, values } = rotation.progress;
  const done = dataKeys.done + dataKeys.failed + values.done + values.failed;
  const total = dataKeys.total + values.total;
  return `${drawBar(done, total, width)} ${status}: ${countAll(rotation)}${waiting ? `, waiting (${waiting.code})` : ""}`;
}

function countAll({ progress }: Rotation): string {
  const parts = [countsOf("data keys", progress.dataKeys)];
  if (progress.values.total > 0) parts.push(countsOf("values", progress.values));
  return parts.join(", ");
}

function countsOf(what: string, { done, failed, total }: Rotation["progress"]["values"]): string {
  return `${done} of ${total} ${what}${failed > 0 ? ` (${failed} failed)` : ""}`;
}
