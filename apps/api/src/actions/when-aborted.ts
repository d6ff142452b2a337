/** Rejects when `signal` is aborted: for work that does not listen to it. */
export function whenAborted(signal: AbortSignal): Promise<never> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  // Nobody may be waiting when the time is over.
  late.catch((reason: unknown) => reason);
  return late;
}
