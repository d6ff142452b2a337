import { codeOf } from "../errors/index.js";
import type { ConnectionIdentity } from "../events/index.js";
import type { Clock, Logger, Random } from "../runtime/index.js";

const tries = 4;

/**
 * Repeats `work` on a store while that is away: four times in all, over about two seconds with growing pauses.
 * @throws what the last try threw.
 */
export async function insist<Result>(
  work: () => Promise<Result>,
  context: {
    readonly clock: Clock;
    readonly random: Random;
    readonly logger: Logger;
    readonly connection: ConnectionIdentity;
  },
): Promise<Result> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      // A store that knows no such connector is not away: it has answered.
      if (failures + 1 >= tries || codeOf(error) === "NOT_FOUND") throw error;
      context.logger.warn({ ...context.connection, code: codeOf(error) }, "The token store failed; trying again");
      await context.clock.sleep(100 * 4 ** failures * (0.5 + context.random.number() / 2));
    }
  }
}
