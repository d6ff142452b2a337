import { DatabaseUnavailableError, newId } from "../database/index.js";
import type { ClaimRequest, ClaimResult, DueTokens, TokenPlace } from "../repositories/index.js";
import type { KeepResultOptions } from "./keep-result.js";

/** Longer than the database may be at work at a claim whose caller is gone: no statement may take more than 10 s. */
const settledAfterMs = 15_000;

/** Claims one connector's renewal. Throws as the repository does. */
export function claim(
  options: KeepResultOptions,
  place: TokenPlace,
  request: Omit<ClaimRequest, "attemptId">,
): Promise<ClaimResult> {
  const attemptId = newId();
  return heard(options, [attemptId], () =>
    options.database.asSystem(({ tokens }) => tokens.claim(place, { ...request, attemptId })),
  );
}

/** Claims up to `limit` renewals that are due. Throws as the repository does. */
export function claimDue(options: KeepResultOptions, limit: number, leaseMs: number): Promise<readonly DueTokens[]> {
  const attemptIds = Array.from({ length: Math.max(0, limit) }, newId);
  return heard(options, attemptIds, () =>
    options.database.asSystem(({ tokens }) => tokens.claimDue(attemptIds, leaseMs)),
  );
}

/**
 * A claim whose answer is lost may have been made all the same. Nobody will send anything for it, and nobody else could know
 * that: so it is said, once the database hears again.
 */
async function heard<Result>(
  options: KeepResultOptions,
  attemptIds: readonly string[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const [attemptId] = attemptIds;
    if (!(error instanceof DatabaseUnavailableError) || attemptId === undefined) throw error;
    const untilMs = options.clock.now() + settledAfterMs;
    // In the journal first: what is said while the claim may still be under way has to be said again.
    await options.journal.write({ attemptId, unsent: [...attemptIds], untilMs }).catch((cause: unknown) => {
      options.logger.error({ attemptId, err: cause }, "That a claim was not used is known to this process alone");
    });
    throw error;
  }
}
