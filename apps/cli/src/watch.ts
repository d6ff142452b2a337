import { setTimeout as sleep } from "node:timers/promises";
import type { CommandContext } from "./context.js";
import { CommandFailure } from "./failures.js";

/** What is watched, and how it is shown. */
export interface Watched<Work> {
  /** As it was last known. */
  readonly begun: Work;
  readonly read: () => Promise<Work>;
  /** Whether there is more to come. */
  readonly goesOn: (work: Work) => boolean;
  /** One line, where nobody sees a bar. */
  readonly describe: (work: Work) => string;
  /** A short line with a bar: one that were longer than the terminal could not be drawn over. */
  readonly draw: (work: Work) => string;
  /** Called whenever it was shown, to tell what else there is. Default: nothing is. */
  readonly shown?: (work: Work) => void;
}

const pollMs = 500;
/** Between two plain lines, where nobody sees a bar. */
const lineMs = 5_000;
/** A service that restarts is waited for: the work goes on by itself. */
const patienceMs = 60_000;

/**
 * Shows how far work in the service is, until it does not go on any more.
 *
 * @returns it as it ended; `undefined` when Ctrl-C ended the watching.
 * @throws {CommandFailure} when the service refuses, or does not answer for a minute.
 */
export async function watch<Work>(
  context: CommandContext<unknown>,
  { begun, read, goesOn, describe, draw, shown }: Watched<Work>,
): Promise<Work | undefined> {
  const { host, json } = context;
  const interrupted = host.whenInterrupted();
  const write = (work: Work) => host.write(`\r\u001b[K${draw(work)}`);
  const show = json ? () => undefined : host.isTerminal ? write : nowAndThen(host.write, describe);
  let work = begun;
  let answeredAtMs = Date.now();
  while (goesOn(work)) {
    show(work);
    shown?.(work);
    await sleep(pollMs, undefined, { signal: interrupted }).catch(() => undefined);
    if (interrupted.aborted) break;
    try {
      work = await read();
      answeredAtMs = Date.now();
    } catch (error) {
      const isAway = error instanceof CommandFailure && error.retryable;
      if (!isAway || Date.now() - answeredAtMs > patienceMs) throw error;
    }
  }
  clearBar(context);
  return interrupted.aborted ? undefined : work;
}

/** Makes room for a line, where a bar stands. */
export function clearBar({ host, json }: CommandContext<unknown>): void {
  if (host.isTerminal && !json) host.write("\r\u001b[K");
}

function nowAndThen<Work>(write: (text: string) => void, describe: (work: Work) => string): (work: Work) => void {
  let printedAtMs = Number.NEGATIVE_INFINITY;
  return (work) => {
    if (Date.now() - printedAtMs < lineMs) return;
    printedAtMs = Date.now();
    write(`${describe(work)}\n`);
  };
}
