import type { CountDeliveries, WaitingDeliveries } from "../metrics/delivery-metrics.js";
import type { Services } from "../services.js";

/**
 * Counts what waits for all webhooks together, and for the sinks that there are. A count that fails is logged once, until one
 * succeeds again.
 *
 * @param names - The sinks. What waits for one that was taken out waits for nothing.
 */
export function countDeliveries(
  { database, logger }: Pick<Services, "database" | "logger">,
  names: readonly string[] = [],
): CountDeliveries {
  let isFailing = false;
  return async () => {
    try {
      const counts = await database.asSystem(async ({ webhooks, sinks }) => {
        const waiting = (await sinks.count()).filter(({ sink }) => names.includes(sink));
        return { webhook: await webhooks.count(), sink: waiting.reduce(add, { pending: 0, oldestAt: null, dead: 0 }) };
      });
      isFailing = false;
      return counts;
    } catch (error) {
      if (!isFailing) logger.warn({ err: error }, "Deliveries cannot be counted for /metrics");
      isFailing = true;
      throw error;
    }
  };
}

function add(one: WaitingDeliveries, other: WaitingDeliveries): WaitingDeliveries {
  const [first, second] = [one.oldestAt, other.oldestAt];
  const oldestAt = first !== null && (second === null || first < second) ? first : second;
  return { pending: one.pending + other.pending, oldestAt, dead: one.dead + other.dead };
}
