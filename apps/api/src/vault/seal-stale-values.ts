import type { RotatedItem } from "../repositories/index.js";
import { type RotationParts, workOff } from "./rotation-batch.js";
import { listValueTasks } from "./rotation-tasks.js";
import type { SealedKind } from "./sealed-places.js";

const kinds: readonly SealedKind[] = ["credentials", "tokens", "authorizations"];

/**
 * Seals again what a retired data key seals although no rotation is at it: a write that had taken its key before a rotation
 * landed after its end. Nothing while a rotation runs, which does it itself, or stands still because somebody stopped it.
 *
 * Any number of processes may do this at once: a row changes only while what was read still stands in it.
 *
 * @returns how many values changed.
 * @throws what interrupts it, such as `KEY_UNAVAILABLE`.
 */
export async function sealStaleValues(parts: RotationParts, signal?: AbortSignal): Promise<number> {
  const { database } = parts;
  const newest = await database.asSystem(async ({ keys }) => (await keys.list({ limit: 1 })).rows[0]);
  if (newest === undefined || newest.status !== "completed") return 0;
  let changes = 0;
  for (const kind of kinds) changes += await sealStaleOfKind(parts, kind, signal);
  return changes;
}

async function sealStaleOfKind(parts: RotationParts, kind: SealedKind, signal?: AbortSignal): Promise<number> {
  let changes = 0;
  let cursor: string | null = null;
  while (!signal?.aborted) {
    const tasks = await listValueTasks(parts, kind, cursor);
    const { outcomes, interruption } = await workOff(parts, tasks, signal);
    const items = outcomes.flatMap((outcome): RotatedItem[] =>
      "item" in outcome && outcome.item ? [outcome.item] : [],
    );
    if (items.length > 0) changes += await parts.database.asSystem(({ keys }) => keys.landValues(kind, items));
    if (interruption !== undefined) throw interruption;
    const last = tasks[outcomes.length - 1];
    if (last === undefined || (outcomes.length === tasks.length && tasks.length < parts.batchSize)) break;
    cursor = last.cursor;
  }
  return changes;
}
