import { ApiError } from "../errors/index.js";

/** @throws {ApiError} `APPROVAL_UNAVAILABLE` for production: its changes need a second person, and there is no such step yet. */
export function assertSandbox(environment: "sandbox" | "production" | undefined): void {
  if (environment !== "production") return;
  throw new ApiError(
    "APPROVAL_UNAVAILABLE",
    "A production connector needs the approval of a second person, and this release has no approvals yet. Use environment: sandbox.",
    { issues: [{ path: "environment", message: "Only sandbox for now." }] },
  );
}
