import type { Configuration } from "../configuration/index.js";
import type { LoadedSink } from "../outbox/load-sinks.js";
import type { Services } from "../services.js";
import { keepReplaying } from "../tokens/journal-replay.js";
import { AuditSealer } from "./audit-sealer.js";
import { ChangeRequestWorker } from "./change-request-worker.js";
import {
  createBudgetPruner,
  createDeliveryExpirer,
  createIdempotencyPruner,
  createInboundPruner,
  createOutboxPruner,
  createRecordPruner,
  createRunPruner,
  createSightingPruner,
  createSyncPruner,
} from "./create-pruners.js";
import { watchHealth } from "./health-watcher.js";
import { KeyRotationWorker } from "./key-rotation-worker.js";
import { OperationRunWorker } from "./operation-run-worker.js";
import { PurgeWorker } from "./purge-worker.js";
import { RefreshWorker } from "./refresh-worker.js";
import { SinkWorker } from "./sink-worker.js";
import { SyncWorker } from "./sync-worker.js";
import { WebhookWorker } from "./webhook-worker.js";

/**
 * Starts what a process does without being asked, until `services.stopping` is aborted. Every process brings its own journal
 * and its sums of reads to the database; renewing tokens ahead of time, rotating keys, letting operation runs go on, sealing the
 * audit, purging deleted connectors, ending change requests whose time is over, syncing, telling webhooks and removing what is old is for `all` and `worker`.
 *
 * @returns resolves when everything that was under way then has ended. Never rejects.
 */
export async function runWorkers(
  services: Services,
  role: Configuration["role"],
  sinks: readonly LoadedSink[] = [],
): Promise<void> {
  const { clock, stopping } = services;
  const work = [
    keepReplaying(services, clock, stopping),
    services.readSums.run(stopping),
    services.healthTally.run(stopping),
  ];
  if (role !== "api") {
    work.push(new RefreshWorker(services).run(stopping));
    work.push(new KeyRotationWorker(services).run(stopping));
    work.push(new AuditSealer(services).run(stopping));
    work.push(new OperationRunWorker(services).run(stopping));
    work.push(new PurgeWorker(services).run(stopping));
    work.push(new ChangeRequestWorker(services).run(stopping));
    work.push(new SyncWorker(services).run(stopping));
    work.push(new WebhookWorker(services).run(stopping));
    for (const { name, open } of sinks) {
      work.push(new SinkWorker(services, name, await open(services)).run(stopping));
    }
    work.push(watchHealth(services, stopping));
    work.push(createInboundPruner(services).run(stopping));
    work.push(createRunPruner(services).run(stopping));
    work.push(createIdempotencyPruner(services).run(stopping));
    work.push(createSyncPruner(services).run(stopping));
    work.push(createSightingPruner(services).run(stopping));
    work.push(createRecordPruner(services).run(stopping));
    work.push(createDeliveryExpirer(services).run(stopping));
    work.push(createOutboxPruner(services).run(stopping));
    work.push(createBudgetPruner(services).run(stopping));
  }
  await Promise.all(work);
}
