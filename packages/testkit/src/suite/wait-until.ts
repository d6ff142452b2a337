import { setTimeout as realDelay } from "node:timers/promises";
import type { Awaitable } from "../harness.js";
import { demand } from "../violation.js";

/**
 * Looks again and again until `condition` holds, for 5 seconds of real time at the most.
 * @throws {ContractViolation} when it never does.
 */
export async function waitUntil(condition: () => Awaitable<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await condition())) {
    demand(performance.now() < deadline, `${what} did not happen within 5 seconds.`);
    await realDelay(5);
  }
}
