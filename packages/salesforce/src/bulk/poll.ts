const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/**
 * How long to wait before a job is looked at again: a second, then half as long again each time, up to half a minute. Each
 * look is a request of the organisation's day.
 *
 * @param looks - Looks before this one.
 */
export function pauseBetweenLooksMs(looks: number): number {
  return Math.round(Math.min(longestPauseMs, firstPauseMs * 1.5 ** Math.min(looks, 20)));
}
