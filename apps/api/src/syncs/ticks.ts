import { ValidationError } from "@isthmus/core";
import { Cron } from "croner";

/** When something is due. */
export interface Timing {
  /** Five fields: minute, hour, day of month, month, day of week; or a name such as `@daily`. */
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
}

/** Missed times that are caught up on at the most. */
export const mostCaughtUp = 100;

/** A time that is looked at so much later still counts as in time, in milliseconds. */
export const graceMs = 300_000;

/**
 * The first time after `after`; `undefined` = there is none.
 *
 * Days on which clocks change: a time that the clock jumps over comes at the end of the jump, one that the clock shows twice
 * comes the first time only. What is due every so many minutes or hours goes on in step.
 *
 * @throws {ValidationError} for an expression or a time zone that there is not.
 */
export function nextTick(timing: Timing, after: Date): Date | undefined {
  return parse(timing).nextRun(after) ?? undefined;
}

/** The next `count` times after `after`. @throws {ValidationError} as {@link nextTick}. */
export function nextTicks(timing: Timing, after: Date, count: number): readonly Date[] {
  return parse(timing).nextRuns(count, after);
}

/** @throws {ValidationError} as {@link nextTick}, and for times of which none comes after `now`: such a schedule would never run. */
export function assertComes(timing: Timing, now: Date): void {
  // `croner` reads a date as well, which comes once and is of no use from then on.
  if (!/^@|\s/.test(timing.cron)) throw unreadable("Five fields, or a name such as @daily.");
  if (nextTick(timing, now) === undefined) throw unreadable("It never comes, such as the 30th of February.");
}

/** What has to be done for a schedule that is due. */
export interface DueTicks {
  /** Times to run for. */
  readonly ticks: readonly Date[];
  /** The next one to wait for; `undefined` = there is none. */
  readonly next: Date | undefined;
}

/**
 * What a schedule is to run for, looked at `now`, `tick` being the time that it waited for.
 *
 * @param catchUp - What becomes of more than one time, or of one that is later than {@link graceMs}. `once`: the last of them.
 *   `all`: each of them, {@link mostCaughtUp} at the most, the oldest first. `none`: the last of them if it is not too late.
 */
export function dueTicks(timing: Timing, tick: Date, now: Date, catchUp: "once" | "all" | "none"): DueTicks {
  const pattern = parse(timing);
  const next = pattern.nextRun(now) ?? undefined;
  if (catchUp === "all") return { ticks: [tick, ...missedSince(pattern, tick, now)], next };
  // One millisecond more, because what comes at `now` is due as well.
  const last = pattern.previousRuns(1, new Date(now.getTime() + 1))[0];
  const newest = last !== undefined && last > tick ? last : tick;
  const isInTime = now.getTime() - newest.getTime() <= graceMs;
  return { ticks: catchUp === "once" || isInTime ? [newest] : [], next };
}

function missedSince(pattern: Cron, tick: Date, now: Date): readonly Date[] {
  return pattern.nextRuns(mostCaughtUp - 1, tick).filter((each) => each <= now);
}

function parse({ cron, timeZone }: Timing): Cron {
  assertTimeZone(timeZone);
  try {
    return new Cron(cron, { timezone: timeZone, mode: "5-part" });
  } catch (error) {
    const said = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : "It cannot be read.";
    throw unreadable(said, error);
  }
}

function unreadable(message: string, cause?: unknown): ValidationError {
  return new ValidationError("The schedule's cron expression cannot be read.", [{ path: "cron", message }], { cause });
}

function assertTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch (error) {
    throw new ValidationError(
      "There is no such time zone.",
      [{ path: "timeZone", message: "An IANA name, such as Europe/Berlin." }],
      { cause: error },
    );
  }
}
