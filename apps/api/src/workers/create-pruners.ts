import { deliveryLivesMs } from "../outbox/landing-desk.js";
import {
  defaultEventRetentionDays,
  defaultInboundRetentionDays,
  defaultRecordRetentionDays,
  type Services,
} from "../services.js";
import { Pruner } from "./pruner.js";

const dayMs = 86_400_000;
/** By then the vendor's own results are gone, too: jobs are kept for about a week. */
const runRetentionDays = 7;
/** A day's quota is over by then. */
const budgetRetentionDays = 2;
/** Long enough to see how the last month's schedules went. */
const syncRetentionDays = 30;
/** Long enough to notice what did not arrive, and to replay it. */
const deadRetentionDays = 30;

/** What removes deliveries, with their events, that were kept long enough. */
export function createInboundPruner(services: Services, batchSize?: number): Pruner {
  const { inboundRetentionDays = defaultInboundRetentionDays } = services.settings;
  return createPruner(services, "deliveries", batchSize, (limit) =>
    services.database.asSystem(({ inbound }) => inbound.prune(inboundRetentionDays * dayMs, limit)),
  );
}

/** What removes operation runs that ended a week ago. */
export function createRunPruner(services: Services, batchSize?: number): Pruner {
  return createPruner(services, "operation runs", batchSize, (limit) =>
    services.database.asSystem(({ runs }) => runs.prune(runRetentionDays * dayMs, limit)),
  );
}

/** What removes idempotency keys that are free again. */
export function createIdempotencyPruner(services: Services, batchSize?: number): Pruner {
  return createPruner(services, "idempotency keys", batchSize, (limit) =>
    services.database.asSystem(({ idempotency }) => idempotency.prune(limit)),
  );
}

/** What removes runs of syncs that ended a month ago. */
export function createSyncPruner(services: Services, batchSize?: number): Pruner {
  return createPruner(services, "sync runs", batchSize, (limit) =>
    services.database.asSystem(({ syncs }) => syncs.prune(syncRetentionDays * dayMs, limit)),
  );
}

/** What removes what full runs have seen that have ended: of no use to anybody any more, and many rows. */
export function createSightingPruner(services: Services, batchSize = 20_000): Pruner {
  return createPruner(services, "sightings of full reads", batchSize, (limit) =>
    services.database.asSystem(({ syncs }) => syncs.pruneSightings(limit)),
  );
}

/** What removes records that the vendors deleted long ago: whoever follows an entity has been told by then. */
export function createRecordPruner(services: Services, batchSize?: number): Pruner {
  const { recordRetentionDays = defaultRecordRetentionDays } = services.settings;
  return createPruner(services, "deleted records", batchSize, (limit) =>
    services.database.asSystem(({ syncs }) => syncs.pruneRecords(recordRetentionDays * dayMs, limit)),
  );
}

/** What gives up deliveries of webhooks that take nothing. */
export function createDeliveryExpirer(services: Services, batchSize?: number): Pruner {
  return createPruner(services, "deliveries to webhooks that take nothing", batchSize, async (limit) => {
    const expired = await services.database.asSystem(({ webhooks }) => webhooks.expire(deliveryLivesMs, limit));
    services.metrics.deliveries.count("webhook", "dead", expired);
    return expired;
  });
}

/** What removes events that were kept long enough, with their deliveries. What is dead stays for {@link deadRetentionDays}. */
export function createOutboxPruner(services: Services, batchSize?: number): Pruner {
  const { eventRetentionDays = defaultEventRetentionDays } = services.settings;
  const deadDays = Math.max(eventRetentionDays, deadRetentionDays);
  return createPruner(services, "events", batchSize, (limit) =>
    services.database.asSystem(({ webhooks }) =>
      webhooks.pruneOutbox(eventRetentionDays * dayMs, deadDays * dayMs, limit),
    ),
  );
}

/** What removes budgets of accounts that nobody has called for days: their day is over, and so is every pause. */
export function createBudgetPruner(services: Services, batchSize?: number): Pruner {
  return createPruner(services, "budgets", batchSize, (limit) =>
    services.database.asSystem(({ budgets }) => budgets.prune(budgetRetentionDays * dayMs, limit)),
  );
}

function createPruner(
  { clock, logger }: Services,
  what: string,
  batchSize: number | undefined,
  remove: (limit: number) => Promise<number>,
): Pruner {
  return new Pruner({ clock, logger, what, remove, ...(batchSize !== undefined && { batchSize }) });
}
