import { ApiError } from "../errors/index.js";

/**
 * Ends an action that was meant for another version.
 *
 * @param expectedVersion - `undefined` = at any.
 * @throws {ApiError} `PRECONDITION_FAILED`.
 */
export function assertVersion(
  what: string,
  { version }: { readonly version: number },
  expectedVersion: number | undefined,
): void {
  if (expectedVersion === undefined || expectedVersion === version) return;
  throw new ApiError("PRECONDITION_FAILED", `The ${what} is at version ${version}. Read it again and repeat.`);
}

/** How often an action is tried whose caller does not mind the version. */
const tries = 3;

/**
 * Runs an action that reads the version itself where the caller named none: what changes in between is read again, because
 * it may be what decides whether somebody has to approve.
 */
export async function atAnyVersion<Result>(
  expectedVersion: number | undefined,
  action: () => Promise<Result>,
): Promise<Result> {
  for (let left = tries; ; left -= 1) {
    try {
      return await action();
    } catch (error) {
      const isStale = error instanceof ApiError && error.code === "PRECONDITION_FAILED";
      if (!isStale || expectedVersion !== undefined || left <= 1) throw error;
    }
  }
}
