import { setTimeout as sleep } from "node:timers/promises";
import type { Rotation } from "../answers.js";
import { CommandFailure } from "../failures.js";
import { tell } from "../notices.js";
import type { KeysContext } from "./context.js";
import { describeRotation, drawRotation } from "./describe-rotation.js";

const pollMs = 500;
/** Between two plain lines, where nobody sees a bar. */
const lineMs = 5_000;
/** A service that restarts is waited for: the rotation goes on by itself. */
const patienceMs = 60_000;
/** Longer than a rotation takes to be found; with a slow key provider a batch may take longer. */
const idleMs = 10_000;

/**
 * Shows how far a rotation is, until it does not run any more.
 *
 * @returns it as it ended; `undefined` when Ctrl-C ended the watching.
 * @throws {CommandFailure} when the service refuses, or does not answer for a minute.
 */
export async function watchRotation(context: KeysContext, begun: Rotation): Promise<Rotation | undefined> {
  const { api, host, json } = context;
  const interrupted = host.whenInterrupted();
  const show = json ? () => undefined : host.isTerminal ? drawOver(host.write) : printNowAndThen(host.write);
  let rotation = begun;
  let answeredAtMs = Date.now();
  const hint = hintWhenIdle(context);
  while (rotation.status === "running") {
    show(rotation);
    hint(rotation);
    await sleep(pollMs, undefined, { signal: interrupted }).catch(() => undefined);
    if (interrupted.aborted) break;
    try {
      rotation = await api.getRotation(rotation.id);
      answeredAtMs = Date.now();
    } catch (error) {
      const isAway = error instanceof CommandFailure && error.retryable;
      if (!isAway || Date.now() - answeredAtMs > patienceMs) throw error;
    }
  }
  if (host.isTerminal && !json) host.write("\r\u001b[K");
  return interrupted.aborted ? undefined : rotation;
}

/** Says once, after a while in which nothing happens and nothing is said to be waited for, what may be missing. */
function hintWhenIdle(context: KeysContext): (rotation: Rotation) => void {
  const { host, json } = context;
  let last = "";
  let changedAtMs = Date.now();
  let isTold = false;
  return ({ progress, waiting, keyEncryptionKeyId }) => {
    const state = JSON.stringify([progress, waiting]);
    if (state !== last) changedAtMs = Date.now();
    last = state;
    if (isTold || waiting !== null || Date.now() - changedAtMs < idleMs) return;
    isTold = true;
    if (host.isTerminal && !json) host.write("\r\u001b[K");
    tell(
      context,
      `Nothing has happened for a while. Does a process with ISTHMUS_ROLE=all or worker have ${keyEncryptionKeyId} first? One that has another key first leaves this rotation alone.`,
    );
  };
}

function drawOver(write: (text: string) => void): (rotation: Rotation) => void {
  return (rotation) => write(`\r\u001b[K${drawRotation(rotation)}`);
}

function printNowAndThen(write: (text: string) => void): (rotation: Rotation) => void {
  let printedAtMs = Number.NEGATIVE_INFINITY;
  return (rotation) => {
    if (Date.now() - printedAtMs < lineMs) return;
    printedAtMs = Date.now();
    write(`${describeRotation(rotation)}\n`);
  };
}
