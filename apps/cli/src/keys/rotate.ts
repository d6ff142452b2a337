import type { Rotation } from "../answers.js";
import type { KeysContext } from "../context.js";
import { CommandFailure } from "../failures.js";
import { tell } from "../notices.js";
import { describeRotation } from "./describe-rotation.js";
import { watchRotation } from "./watch-rotation.js";

/** Begins a rotation, and waits for its end unless `wait` says otherwise. */
export async function beginRotation(
  context: KeysContext,
  { wait, dataKeys }: { readonly wait: boolean; readonly dataKeys: boolean },
): Promise<void> {
  await follow(context, await context.api.beginRotation(dataKeys), wait);
}

/** Lets the last rotation go on. */
export async function resumeRotation(context: KeysContext, { wait }: { readonly wait: boolean }): Promise<void> {
  const { id } = await findNewest(context);
  await follow(context, await context.api.resumeRotation(id), wait);
}

/** Stops the last rotation. */
export async function stopRotation(context: KeysContext): Promise<void> {
  const { id } = await findNewest(context);
  print(context, await context.api.stopRotation(id));
}

async function follow(context: KeysContext, rotation: Rotation, wait: boolean): Promise<void> {
  if (!wait) {
    print(context, rotation);
    return;
  }
  const last = await watchRotation(context, rotation);
  if (last === undefined) {
    tell(context, "The rotation goes on in the service. `isthmus keys` shows it, `isthmus keys stop` stops it.");
    context.exitWith(130); // as shells have it for Ctrl-C
    return;
  }
  print(context, last);
  const { dataKeys, values } = last.progress;
  if (last.status !== "completed" || dataKeys.failed + values.failed > 0) context.exitWith(1);
}

async function findNewest({ api }: KeysContext): Promise<Rotation> {
  const { rotation } = await api.getKeys();
  if (rotation) return rotation;
  throw new CommandFailure("NOT_FOUND", "There was no rotation of keys yet.");
}

function print({ host, json }: KeysContext, rotation: Rotation): void {
  host.write(`${json ? JSON.stringify(rotation) : describeRotation(rotation)}\n`);
}
