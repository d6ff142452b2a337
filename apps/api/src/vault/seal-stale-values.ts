import { silentLogger } from "@isthmus/core";
import type { RotatedItem } from "../repositories/index.js";
import { type RotationParts, workOff } from "./rotation-batch.js";
import { listValueTasks, rowsOfBatch } from "./rotation-tasks.js";
import type { SealedKind } from "./sealed-places.js";

/** What became of the values that retired data keys sealed. */
export interface SealedStaleValues {
  /** Sealed again. */
  readonly changed: number;
  /** Do not open. */
  readonly failed: number;
}

const kinds: readonly SealedKind[] = [
  "credentials",
  "tokens",
  "authorizations",
  "inbound_secrets",
  "deliveries",
  "operation_runs",
  "change_requests",
  "webhook_secrets",
];

/**
 * Seals again what a retired data key seals although no rotation is at it: a write that had taken its key before a rotation
 * landed after its end. Nothing while a rotation runs, which does it itself, or stands still because somebody stopped it.
 *
 * Any number of processes may do this at once: a row changes only while what was read still stands in it.
 *
 * @throws what interrupts it, such as `KEY_UNAVAILABLE`.
 */
export async function sealStaleValues(parts: RotationParts, signal?: AbortSignal): Promise<SealedStaleValues> {
  const newest = await parts.database.asSystem(async ({ keys }) => (await keys.list({ limit: 1 })).rows[0]);
  const done = { changed: 0, failed: 0 };
  if (newest === undefined || newest.status !== "completed") return done;
  for (const kind of kinds) {
    const { changed, failed } = await sealStaleOfKind(parts, kind, signal);
    done.changed += changed;
    done.failed += failed;
  }
  return done;
}

async function sealStaleOfKind(
  parts: RotationParts,
  kind: SealedKind,
  signal?: AbortSignal,
): Promise<SealedStaleValues> {
  // The rotation has named each that does not open; every hour their number will do.
  const { clock } = parts;
  const done = { changed: 0, failed: 0 };
  let cursor: string | null = null;
  while (!signal?.aborted) {
    const tasks = await listValueTasks(parts, kind, cursor);
    const { outcomes, interruption } = await workOff({ clock, logger: silentLogger }, tasks, signal);
    const items = outcomes.flatMap((outcome): RotatedItem[] =>
      "item" in outcome && outcome.item ? [outcome.item] : [],
    );
    if (items.length > 0) done.changed += await parts.database.asSystem(({ keys }) => keys.landValues(kind, items));
    done.failed += outcomes.filter((outcome) => "failure" in outcome).length;
    if (interruption !== undefined) throw interruption;
    const last = tasks[outcomes.length - 1];
    if (last === undefined || (outcomes.length === tasks.length && tasks.length < rowsOfBatch(parts, kind))) break;
    cursor = last.cursor;
  }
  return done;
}
