import type { OpenedSink } from "@isthmus/core";
import { LandingDesk } from "../outbox/landing-desk.js";
import { pauseAfter, tell } from "../outbox/tell.js";
import type { ClaimedForSink, SinkLanding } from "../repositories/index.js";
import type { Services } from "../services.js";
import { DueWorker, type DueWorkerLimits } from "./due-worker.js";

/** Longer than an event is tried. */
const leaseMs = 60_000;
const triedForMs = 15_000;
const longestPauseMs = 60_000;
/** Between looks while the sink takes nothing: all that waits would be tried in vain, one after the other. */
const longestRestMs = 10_000;

/** Tells one of the operator's sinks what has happened. Default: 256 events at once, looked for each second. */
export class SinkWorker extends DueWorker<ClaimedForSink> {
  readonly #sink: OpenedSink;

  constructor(services: Services, name: string, sink: OpenedSink, limits: DueWorkerLimits = {}) {
    const { database, clock, random, ending, logger } = services;
    const desk = new LandingDesk<SinkLanding>((landings) =>
      database.asSystem(({ sinks }) => sinks.land(name, landings)),
    );
    let failures = 0;
    let restsUntilMs = 0;
    super(services, {
      slots: 256,
      pollMs: 1_000,
      ...limits,
      what: `Due events for ${name}`,
      claim: async (most) => {
        if (clock.now() < restsUntilMs) return [];
        return database.asSystem(({ sinks }) => sinks.claimDue(name, failures === 0 ? most : 1, leaseMs));
      },
      work: async ({ eventId: id, attemptId, tenantId, attempts, type, happenedAt, payload: data }) => {
        const late = { logger, ending: AbortSignal.any([ending, AbortSignal.timeout(triedForMs)]) };
        const { taken, failureCode } = await tell(late, sink, { id, tenantId, type, happenedAt, data }, { sink: name });
        if (!taken && failures === 0)
          logger.warn({ sink: name, code: failureCode }, "A sink takes no events; trying again");
        failures = taken ? 0 : failures + 1;
        if (!taken) restsUntilMs = clock.now() + Math.min(longestRestMs, 100 * 2 ** Math.min(failures, 10));
        await desk.land({ eventId: id, attemptId, taken, retryMs: pauseAfter(attempts, random, longestPauseMs) });
      },
      unstored: "That a sink has taken an event could not be stored; it comes again",
      facts: ({ eventId, tenantId }) => ({ eventId, tenantId, sink: name }),
      together: 64,
    });
    this.#sink = sink;
  }

  override async run(signal: AbortSignal): Promise<void> {
    await super.run(signal);
    await this.#sink.close();
  }
}
