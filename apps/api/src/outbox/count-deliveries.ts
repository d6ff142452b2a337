import type { Database } from "../database/index.js";
import type { CountDeliveries, WaitingDeliveries } from "../metrics/delivery-metrics.js";

/**
 * Counts what waits for all webhooks together, and for the sinks that there are.
 *
 * @param names - The sinks. What waits for one that was taken out waits for nothing.
 */
export function countDeliveries(database: Database, names: readonly string[] = []): CountDeliveries {
  return () =>
    database.asSystem(async ({ webhooks, sinks }) => {
      const waiting = (await sinks.count()).filter(({ sink }) => names.includes(sink));
      return { webhook: await webhooks.count(), sink: waiting.reduce(add, { pending: 0, oldestAt: null, dead: 0 }) };
    });
}

function add(one: WaitingDeliveries, other: WaitingDeliveries): WaitingDeliveries {
  const [first, second] = [one.oldestAt, other.oldestAt];
  const oldestAt = first !== null && (second === null || first < second) ? first : second;
  return { pending: one.pending + other.pending, oldestAt, dead: one.dead + other.dead };
}
