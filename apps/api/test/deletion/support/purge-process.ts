// A process that purges what is due, once, over a database that others share: to be killed while its vendor is at work. Its one
// argument is JSON: see `PurgeProcessTask`.
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConnectorFactory, LocalKeyring, silentLogger } from "@isthmus/core";
import { salesforce } from "@isthmus/salesforce";
import { createServices } from "../../../src/create-services.js";
import { openDatabase } from "../../../src/database/index.js";
import { PurgeWorker } from "../../../src/workers/purge-worker.js";

/** What the process works with. */
export interface PurgeProcessTask {
  readonly url: string;
  readonly keys: string;
  readonly vendorHost: string;
}

const task: PurgeProcessTask = JSON.parse(process.argv[2] ?? "{}");
const { signal } = new AbortController();
const services = createServices({
  database: await openDatabase({ logger: silentLogger, url: task.url }),
  connectors: new ConnectorFactory([salesforce]),
  keyProvider: LocalKeyring.parse(task.keys),
  journalFolder: join(tmpdir(), `isthmus-journal-${randomBytes(6).toString("hex")}`),
  logger: silentLogger,
  stopping: signal,
  ending: signal,
  settings: {
    publicUrl: () => "http://127.0.0.1",
    returnToOrigins: [],
    allowedPrivateHosts: [task.vendorHost],
    platformKey: undefined,
  },
});
// The test that started it has ended.
process.on("disconnect", () => process.exit());
await new PurgeWorker(services).beginDue();
