import type { OpenedSink } from "@isthmus/core";
import { LandingDesk } from "../outbox/landing-desk.js";
import { pauseAfter, tell } from "../outbox/tell.js";
import type { ClaimedForSink, SinkLanding } from "../repositories/index.js";
import type { Services } from "../services.js";
import { DueWorker, type DueWorkerLimits } from "./due-worker.js";
import { SinkState } from "./sink-state.js";

/** Longer than an event is tried. */
const leaseMs = 60_000;
const triedForMs = 15_000;
const longestPauseMs = 60_000;
/** Failures of an event while its sink was there, after which it is given up: an hour of tries, about. */
const mostRefusals = 100;

/** Tells one of the operator's sinks what has happened. Default: 256 events at once, looked for each second. */
export class SinkWorker extends DueWorker<ClaimedForSink> {
  readonly #sink: OpenedSink;

  constructor(services: Services, name: string, sink: OpenedSink, limits: DueWorkerLimits = {}) {
    const { database, clock, random, ending, logger, metrics } = services;
    const desk = openDesk(services, name);
    const state = new SinkState(clock);
    super(services, {
      slots: 256,
      pollMs: 1_000,
      ...limits,
      kind: "deliveries",
      what: `Due events for ${name}`,
      claim: async (most) => {
        if (state.rests) return [];
        const { restingTenants } = state;
        return database.asSystem(({ sinks }) => sinks.claimDue(name, state.isAway ? 1 : most, leaseMs, restingTenants));
      },
      work: async ({ eventId: id, attemptId, tenantId, attempts, type, happenedAt, payload: data }) => {
        const late = { logger, ending: AbortSignal.any([ending, AbortSignal.timeout(triedForMs)]) };
        const answer = await tell(late, sink, { id, tenantId, type, happenedAt, data }, { sink: name });
        const { taken, blocked } = answer;
        const refused = !taken && blocked === undefined && answer.refusal !== undefined;
        const failureCode = blocked ?? answer.refusal ?? answer.failureCode;
        const facts = { sink: name, code: failureCode };
        if (taken) {
          if (state.took(tenantId)) logger.info({ sink: name, tenantId }, "A sink takes a tenant's events again");
        } else if (blocked !== undefined) {
          metrics.deliveries.count("sink", "blocked", 1);
          if (state.blocks(tenantId))
            logger.warn({ ...facts, tenantId }, "A sink takes no events of a tenant; trying again");
        } else if (!refused && state.failed() === 1) logger.warn(facts, "A sink takes no events; trying again");
        // What the tenant's place lacks, or this process broke off, says nothing of the event.
        const othersTaken = blocked === undefined && state.isThere && !ending.aborted;
        const retryMs = pauseAfter(attempts, random, longestPauseMs);
        await desk.land({ eventId: id, attemptId, taken, refused, othersTaken, failureCode, retryMs });
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

function openDesk({ database, metrics, logger }: Services, name: string): LandingDesk<SinkLanding> {
  return new LandingDesk(async (landings) => {
    const landed = await database.asSystem(({ sinks }) => sinks.land(name, landings, mostRefusals));
    const letters = landed.filter(({ dead }) => dead).map(({ eventId }) => eventId);
    metrics.deliveries.count("sink", "delivered", landed.filter(({ taken }) => taken).length);
    metrics.deliveries.count("sink", "failed", landings.filter(({ taken }) => !taken).length);
    metrics.deliveries.count("sink", "dead", letters.length);
    const [eventId] = letters;
    if (eventId === undefined) return;
    const code = landings.find((landing) => landing.eventId === eventId)?.failureCode;
    logger.warn(
      { sink: name, eventId, code, count: letters.length },
      "A sink does not take events; they are dead letters",
    );
  });
}
