import type { Rotation } from "../answers.js";
import type { KeysContext } from "../context.js";
import { tell } from "../notices.js";
import { clearBar, watch } from "../watch.js";
import { describeRotation, drawRotation } from "./describe-rotation.js";

/** Longer than a rotation takes to be found; with a slow key provider a batch may take longer. */
const idleMs = 10_000;

/** Shows how far a rotation is, until it does not run any more: see {@link watch}. */
export function watchRotation(context: KeysContext, begun: Rotation): Promise<Rotation | undefined> {
  return watch(context, {
    begun,
    read: () => context.api.getRotation(begun.id),
    goesOn: ({ status }) => status === "running",
    describe: describeRotation,
    draw: (rotation) => drawRotation(rotation),
    shown: hintWhenIdle(context),
  });
}

/** Says once, after a while in which nothing happens and nothing is said to be waited for, what may be missing. */
function hintWhenIdle(context: KeysContext): (rotation: Rotation) => void {
  let last = "";
  let changedAtMs = Date.now();
  let isTold = false;
  return ({ progress, waiting, keyEncryptionKeyId }) => {
    const state = JSON.stringify([progress, waiting]);
    if (state !== last) changedAtMs = Date.now();
    last = state;
    if (isTold || waiting !== null || Date.now() - changedAtMs < idleMs) return;
    isTold = true;
    clearBar(context);
    tell(
      context,
      `Nothing has happened for a while. Does a process with ISTHMUS_ROLE=all or worker have ${keyEncryptionKeyId} first? One that has another key first leaves this rotation alone.`,
    );
  };
}
