// The service with the connectors of the tests in a process of its own, to be killed: what `startService` does, with a database
// and a port that a test hands in. Its one argument is JSON: see `LoadsProcessTask`.
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConnectorFactory, LocalKeyring } from "@isthmus/core";
import { pino } from "pino";
import { loadConnectors } from "../../../src/connectors/load-connectors.js";
import { createServices } from "../../../src/create-services.js";
import { openDatabase } from "../../../src/database/index.js";
import { buildServer } from "../../../src/server.js";
import { stopOnSignal } from "../../../src/stop-on-signal.js";
import { collectSooner } from "../../../src/workers/collect-sooner.js";
import { runWorkers } from "../../../src/workers/run-workers.js";
import { orders } from "../../idempotency/orders-connector.js";
import { feed } from "../../syncs/feed/feed-connector.js";
import { bulkRead } from "../../syncs/volume/bulk-read.js";
import { noRateLimits } from "../no-rate-limits.js";
import { loads } from "./loads-connector.js";
import type { LoadsProcessTask } from "./start-loads-process.js";

const task: LoadsProcessTask = JSON.parse(process.argv[2] ?? "");
const logger = pino({ level: "silent" });
const stopping = new AbortController();
const ending = new AbortController();
const database = await openDatabase({
  logger,
  ...("url" in task.database ? { url: task.database.url } : { dataDirectory: task.database.dataDirectory }),
});
const installed = task.withInstalled ? (await loadConnectors()).definitions() : [];
const services = createServices({
  database,
  connectors: new ConnectorFactory([loads, orders, feed, bulkRead, ...installed]),
  keyProvider: LocalKeyring.parse(task.keys),
  journalFolder: join(tmpdir(), `isthmus-journal-${randomBytes(6).toString("hex")}`),
  logger,
  stopping: stopping.signal,
  ending: ending.signal,
  settings: {
    publicUrl: () => "http://127.0.0.1",
    returnToOrigins: [],
    allowedPrivateHosts: [task.vendorHost, ...(task.hosts ?? [])],
    platformKey: task.platformKey,
    runLeaseMs: task.runLeaseMs,
    idempotencyLeaseMs: task.runLeaseMs,
  },
});
const app = await buildServer({ services, logger, https: false, edges: { rateLimits: noRateLimits } });
const workers: Promise<void>[] = [];
stopOnSignal({ app, services, workers, logger, stopping, ending, graceMs: task.graceMs ?? 25_000 });
const address = await app.listen({ port: 0, host: "127.0.0.1" });
if (task.role !== "api") collectSooner();
workers.push(runWorkers(services, task.role ?? "all"));
process.send?.(address);
