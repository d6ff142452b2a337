import { ConnectorError } from "../errors/index.js";

/**
 * Waits for `work` until `signal` ends the waiting. The work itself goes on: others wait for it too.
 * @throws {ConnectorError} `CANCELLED` when the signal comes first.
 */
export async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new ConnectorError("CANCELLED", "The caller stopped waiting for an access token."));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
