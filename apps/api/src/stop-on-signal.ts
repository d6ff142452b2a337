import type { Logger } from "@isthmus/core";
import type { FastifyInstance } from "fastify";
import { ApiError } from "./errors/index.js";
import type { Services } from "./services.js";

/** What has to be stopped. */
export interface StoppableService {
  readonly app: FastifyInstance;
  readonly services: Services;
  readonly logger: Logger;
  /** Turns readiness off. */
  readonly stopping: AbortController;
  /** Ends what is still at work. */
  readonly ending: AbortController;
  /** What works in the background until `stopping`; each ends when its work at hand is stored. Default: none. */
  readonly workers?: readonly Promise<void>[];
  /** How long requests in flight may take after the signal, in milliseconds. Default 25 000. */
  readonly graceMs?: number;
}

/**
 * SIGTERM and SIGINT: readiness off, no new requests, those in flight finish, everything is closed, exit code 0. A second signal ends the process at once.
 */
export function stopOnSignal(service: StoppableService): void {
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    signals += 1;
    if (signals > 1) process.exit(1);
    service.logger.info({ signal }, "Stopping");
    stopService(service).then(
      () => process.exit(0),
      (error: unknown) => {
        service.logger.error({ err: error }, "The service did not stop cleanly");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

/**
 * Readiness off, no new requests; those in flight finish within `graceMs` or are ended, those that would never finish by themselves at
 * once; then everything is closed.
 */
export async function stopService(service: StoppableService): Promise<void> {
  const { app, services, workers = [], logger, stopping, ending, graceMs = 25_000 } = service;
  stopping.abort(new ApiError("SHUTTING_DOWN", "The service is stopping. Ask again in a moment."));
  const timer = setTimeout(() => {
    logger.warn({ graceMs }, "Requests did not finish in time and are ended");
    ending.abort(new Error("The service is stopping."));
    app.server.closeAllConnections();
  }, graceMs);
  // A connection whose request ends now stays open for the next one, and would keep the server from closing.
  const sweep = setInterval(() => app.server.closeIdleConnections(), 100);
  await Promise.all([app.close(), ...workers]);
  clearInterval(sweep);
  clearTimeout(timer);
  ending.abort(new Error("The service is stopping."));
  await services.runStarts.settle();
  await services.pool.close();
  await services.readSums.flush();
  await services.healthTally.flush();
  await services.database.close();
  await services.keyProvider.close?.();
}
