import { isConnectorError } from "@isthmus/core";
import { type Configuration, ConfigurationError, readConfiguration } from "./configuration/index.js";
import { loadConnectors } from "./connectors/load-connectors.js";
import { createServices } from "./create-services.js";
import { DatabaseError, openDatabase } from "./database/index.js";
import { loadSinks } from "./outbox/load-sinks.js";
import { buildServer } from "./server.js";
import { createServiceLogger } from "./service-logger.js";
import { stopOnSignal } from "./stop-on-signal.js";
import { assertJournalWorks, journalFolderOf } from "./tokens/journal-folder.js";
import { assertKeysHeld } from "./vault/assert-keys-held.js";
import { openKeyProvider } from "./vault/open-key-provider.js";
import { collectSooner } from "./workers/collect-sooner.js";
import { runWorkers } from "./workers/run-workers.js";

/**
 * Runs the service until it is told to stop. What keeps it from starting is told on stderr in words, without a stack,
 * and ends the process with exit code 1.
 */
export async function startService(environment: Readonly<Record<string, string | undefined>>): Promise<void> {
  try {
    await run(readConfiguration(environment), environment);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 1;
    // Nothing is left to wait for, but a half-open database would keep the process alive.
    process.exit();
  }
}

async function run(
  configuration: Configuration,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const logger = createServiceLogger(configuration.logLevel);
  const stopping = new AbortController();
  const ending = new AbortController();
  // First: what is wrong there is told before anything is opened.
  const sinks = await loadSinks({ packages: configuration.sinks, environment });
  const [database, connectors, keyProvider] = await Promise.all([
    openDatabase({
      logger,
      dataDirectory: configuration.dataDirectory,
      sinks: configuration.sinks,
      ...(configuration.databaseUrl !== undefined && { url: configuration.databaseUrl }),
    }),
    loadConnectors({ packages: configuration.connectors }),
    openKeyProvider(configuration),
  ]);
  let publicUrl = configuration.publicUrl ?? `http://${configuration.host}:${configuration.port}`;
  await assertKeysHeld({ database, keyProvider, lostKeys: configuration.lostKeys, logger });
  const services = createServices({
    database,
    connectors,
    keyProvider,
    journalFolder: journalFolderOf(configuration),
    logger,
    stopping: stopping.signal,
    ending: ending.signal,
    settings: {
      publicUrl: () => publicUrl,
      returnToOrigins: configuration.returnToOrigins,
      allowedPrivateHosts: configuration.allowedPrivateHosts,
      certificateDirectory: configuration.certificateDirectory,
      platformKey: configuration.platformKey,
      sinks: configuration.sinks,
      inboundRetentionDays: configuration.inboundRetentionDays,
      recordRetentionDays: configuration.recordRetentionDays,
      eventRetentionDays: configuration.eventRetentionDays,
      deletedRetentionDays: configuration.deletedRetentionDays,
      changeRequestDays: configuration.changeRequestDays,
      quotaShares: configuration.quotaShares,
      bulkContentLimitBytes: configuration.bulkContentLimitBytes,
    },
  });
  await assertJournalWorks(services.journal);
  const app = await buildServer({
    services,
    logger,
    https: publicUrl.startsWith("https://"),
    edges: configuration,
  });
  const workers: Promise<void>[] = [];
  stopOnSignal({ app, services, workers, logger, stopping, ending });
  const address = await app.listen({ port: configuration.port, host: configuration.host });
  // Not before: a service that cannot listen ends at once, and nothing may have called a vendor then.
  if (configuration.role !== "api") collectSooner();
  workers.push(runWorkers(services, configuration.role, sinks));
  if (configuration.publicUrl === undefined) publicUrl = address;
  const types =
    connectors
      .definitions()
      .map(({ type }) => type)
      .join(", ") || "none";
  process.stdout.write(`Isthmus listens on ${address} (database: ${database.kind}, connectors: ${types})\n`);
}

function explain(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  if (error instanceof DatabaseError || isConnectorError(error)) return `Isthmus cannot start: ${error.message}`;
  if (error instanceof Error && Reflect.get(error, "syscall") === "listen") {
    return `Isthmus cannot start: it cannot listen (${String(Reflect.get(error, "code"))}). Choose another HOST or PORT.`;
  }
  return `Isthmus cannot start: ${error instanceof Error ? error.message : String(error)}`;
}
