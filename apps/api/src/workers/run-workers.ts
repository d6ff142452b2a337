import type { Configuration } from "../configuration/index.js";
import { defaultInboundRetentionDays, type Services } from "../services.js";
import { keepReplaying } from "../tokens/journal-replay.js";
import { InboundPruner } from "./inbound-pruner.js";
import { KeyRotationWorker } from "./key-rotation-worker.js";
import { RefreshWorker } from "./refresh-worker.js";

/**
 * Starts what a process does without being asked, until `services.stopping` is aborted. Every process brings its own journal
 * to the database; renewing tokens ahead of time, rotating keys and removing old deliveries is for `all` and `worker`.
 *
 * @returns resolves when everything that was under way then has ended. Never rejects.
 */
export async function runWorkers(services: Services, role: Configuration["role"]): Promise<void> {
  const { clock, stopping } = services;
  const work = [keepReplaying(services, clock, stopping)];
  if (role !== "api") {
    work.push(new RefreshWorker(services).run(stopping));
    work.push(new KeyRotationWorker(services).run(stopping));
    const { inboundRetentionDays: retentionDays = defaultInboundRetentionDays } = services.settings;
    work.push(new InboundPruner({ ...services, retentionDays }).run(stopping));
  }
  await Promise.all(work);
}
