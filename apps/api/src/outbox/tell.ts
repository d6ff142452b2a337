import { codeOf, type EventSink, type OutgoingEvent, type Random, type SinkAnswer } from "@isthmus/core";
import type { Services } from "../services.js";

const firstPauseMs = 5_000;

/** What a sink said, or why it said nothing. */
export type ToldAnswer = SinkAnswer & { readonly failureCode?: string };

/**
 * Tells a sink an event. Never throws: what failed is an answer, too.
 *
 * @param about - What the log says of it beside its type and tenant.
 */
export async function tell(
  { logger, ending }: Pick<Services, "logger" | "ending">,
  sink: EventSink,
  event: OutgoingEvent,
  about: object,
): Promise<ToldAnswer> {
  const facts = { ...about, tenantId: event.tenantId, type: event.type };
  try {
    const answer = await sink.deliver(event, ending);
    logger.debug({ ...facts, status: answer.status }, "An event was told");
    return answer;
  } catch (error) {
    logger.debug({ ...facts, err: error }, "An event could not be told; trying again");
    return { taken: false, failureCode: codeOf(error) };
  }
}

/** Anything up to 5 s after the first failure, up to twice as long each time, up to a longest: full jitter, so that not all come at once. */
export function pauseAfter(attempts: number, random: Random, longestPauseMs: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts - 1, 20)) * random.number();
}
