import type { HealthFacts, HealthLimits, HealthReason, HealthState } from "../repositories/index.js";

/** What a look at a connector found. */
export interface Assessment {
  /** `undefined`: nothing is known. */
  readonly state: HealthState | undefined;
  /** Why it is not `healthy`, the worst first. */
  readonly reasons: readonly HealthReason[];
}

/** From the best to the worst. */
export const statesByWeight: readonly HealthState[] = ["healthy", "degraded", "failing", "reconnect_required"];

/** Stretch of time whose calls count, in milliseconds. */
export const windowMs = 15 * 60_000;
/** Calls from which on their share of failures says something. */
const leastCalls = 5;
const failingShare = 0.5;
const degradedShare = 0.1;
/** Failures in a row of a run: the last of their pauses is then 4 and 16 seconds, or what the vendor asks for. */
const degradedTries = 3;
const failingTries = 5;
const degradedLateSeconds = 300;
const failingLateSeconds = 3_600;
const degradedLimitShare = 0.9;
/** What the vendor said of a limit is worth nothing after a day. */
const limitAgeMs = 86_400_000;

/** How well a connector works, by what is known of it at the time `now`. */
export function assess(facts: HealthFacts, limits: HealthLimits, now: Date): Assessment {
  const found = [connection(facts), calls(facts), runs(facts), lateness(facts), token(facts, now)];
  const all = [...found, ...limitsNear(limits, now)].filter((reason) => reason !== undefined);
  const weightOf = ({ state }: HealthReason) => statesByWeight.indexOf(state);
  const reasons = all.toSorted((one, other) => weightOf(other) - weightOf(one));
  return { state: reasons[0]?.state ?? (isUntried(facts) ? undefined : "healthy"), reasons };
}

/** Nobody has connected it, and no call of it went well: that nothing fails says nothing. */
export function isUntried({ connection, succeeded }: Partial<HealthFacts>): boolean {
  return connection === "disconnected" && succeeded === 0;
}

function connection({ connection, token }: HealthFacts): HealthReason | undefined {
  if (connection !== "reconnect_required" && token !== "reconnect_required") return undefined;
  const detail = "The grant is gone or in doubt: a person has to authorise the connector again.";
  return { state: "reconnect_required", code: "RECONNECT_REQUIRED", detail };
}

function calls({ succeeded, failed }: HealthFacts): HealthReason | undefined {
  const total = succeeded + failed;
  if (failed === 0 || (total < leastCalls && succeeded > 0)) return undefined;
  const share = failed / total;
  if (share < degradedShare) return undefined;
  const state = total >= leastCalls && share >= failingShare ? "failing" : "degraded";
  return { state, code: "CALLS_FAIL", detail: `${failed} of ${total} calls failed in the last 15 minutes.` };
}

function runs({ runFailures, failedSchedules }: HealthFacts): HealthReason | undefined {
  if (runFailures >= degradedTries) {
    const state = runFailures >= failingTries ? "failing" : "degraded";
    return {
      state,
      code: "SYNC_WAITS",
      detail: `A sync has failed ${runFailures} times in a row, and is tried again.`,
    };
  }
  if (failedSchedules === 0) return undefined;
  return { state: "degraded", code: "SYNC_FAILED", detail: `The last run of ${failedSchedules} schedules failed.` };
}

function lateness({ lateSeconds }: HealthFacts): HealthReason | undefined {
  if (lateSeconds < degradedLateSeconds) return undefined;
  const state = lateSeconds >= failingLateSeconds ? "failing" : "degraded";
  return { state, code: "SYNC_LATE", detail: `A schedule is ${Math.floor(lateSeconds / 60)} minutes late.` };
}

function token({ tokenFailures, tokenExpiresAt }: HealthFacts, now: Date): HealthReason | undefined {
  if (tokenFailures < degradedTries) return undefined;
  const isOver = tokenExpiresAt !== null && Date.parse(tokenExpiresAt) <= now.getTime();
  const detail = `The token could not be renewed ${tokenFailures} times in a row${isOver ? ", and has expired" : ""}.`;
  return { state: isOver ? "failing" : "degraded", code: "TOKEN_NOT_RENEWED", detail };
}

function limitsNear(limits: HealthLimits, now: Date): readonly HealthReason[] {
  return Object.entries(limits)
    .filter(([, { used, max, at }]) => used >= max * degradedLimitShare && now.getTime() - Date.parse(at) < limitAgeMs)
    .map(([name, { used, max }]) => ({
      state: "degraded" as const,
      code: "LIMIT_NEAR",
      detail: `${used} of ${max} of the vendor's limit ${name} are used.`,
    }));
}
