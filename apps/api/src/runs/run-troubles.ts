import { codeOf, isConnectorError, pauseBeforeLookingAgainMs } from "@isthmus/core";
import { toProblem } from "../errors/index.js";
import type { OperationRunRow, RunLanding, RunTrouble } from "../repositories/index.js";

/**
 * What a person can mend while the vendor goes on: until then the work is no lost one. Milliseconds until the next look. Where
 * the vendor itself is asked in vain, that is seldom enough to lock no account.
 */
const mendable: ReadonlyMap<string | undefined, number> = new Map([
  ["UNKNOWN_CONNECTOR_TYPE", 60_000],
  ["RECONNECT_REQUIRED", 60_000],
  ["CREDENTIALS_MISSING", 60_000],
  ["AUTHENTICATION_FAILED", 900_000],
]);
/** Tries to end the work at the vendor before that is given up: about 25 minutes. */
const patience = 12;

/** What went wrong, in the words that callers are answered with. */
export function describeTrouble(error: unknown): RunTrouble {
  const { code, detail } = toProblem(error, "").problem;
  // Of a defect, a problem document speaks of its request, which a run has none of.
  const isOurs = code === "INTERNAL" && !isConnectorError(error);
  return {
    code,
    detail: isOurs ? "Something failed inside Isthmus. The log has more under the id of this run." : detail,
  };
}

/** How long to wait before the vendor is asked again; `undefined` = that cannot help. `failures` in a row until now. */
export function pauseBeforeNextTryMs(error: unknown, failures: number): number | undefined {
  return pauseBeforeLookingAgainMs(error, failures) ?? mendable.get(describeTrouble(error).code);
}

/** Why a run failed whose process ended while it began. */
export const interruption: RunTrouble = {
  code: "OPERATION_RUN_INTERRUPTED",
  detail: "The process that began this run ended before the work was begun. Begin again.",
};

/**
 * What becomes of a run that goes on when a look at the vendor failed. A connection that is gone ends no run: with the state,
 * the vendor's ids of work that goes on there would be gone, too.
 */
export function afterFailedLook(error: unknown, { failures }: Pick<OperationRunRow, "failures">): RunLanding {
  const trouble = describeTrouble(error);
  const waitMs = pauseBeforeNextTryMs(error, failures);
  if (waitMs === undefined) return { kind: "ended", status: "failed", error: trouble, yieldsToWish: true };
  return { kind: "again", waitMs, isFailure: true, error: trouble };
}

/**
 * What becomes of a run when ending its work at the vendor failed.
 *
 * @param cause - What the run fails with in any case; `null` where somebody wished its end.
 */
export function afterFailedCancel(error: unknown, failures: number, cause: RunTrouble | null): RunLanding {
  const waitMs = failures < patience ? pauseOf(error, failures) : undefined;
  if (waitMs !== undefined) {
    return { kind: "again", waitMs, isFailure: true, isEnding: true, ...(cause && { error: cause }) };
  }
  const { code, detail } = cause ?? describeTrouble(error);
  const warning = `The work could not be ended at the vendor (${describeTrouble(error).code}) and may go on there.`;
  return { kind: "ended", status: "failed", error: { code, detail: `${detail} ${warning}` } };
}

/**
 * What becomes of a run whose work at the vendor is ended.
 *
 * @param wasThere - Whether it was known to have made something there.
 */
export function afterCancel(cause: RunTrouble | null, wasThere: boolean): RunLanding {
  if (cause === null) return { kind: "ended", status: "cancelled" };
  const told = wasThere
    ? "What it had made at the vendor was cancelled there; what the vendor had done by then stays done."
    : "It had noted nothing that it made at the vendor.";
  return { kind: "ended", status: "failed", error: { code: cause.code, detail: `${cause.detail} ${told}` } };
}

function pauseOf(error: unknown, failures: number): number | undefined {
  // A package that is not installed here, or not any more, may be so again. A lost connection may not: who wants the end of the
  // work is told at once that it may go on.
  if (codeOf(error) === "UNKNOWN_CONNECTOR_TYPE") return mendable.get("UNKNOWN_CONNECTOR_TYPE");
  return pauseBeforeLookingAgainMs(error, failures);
}
