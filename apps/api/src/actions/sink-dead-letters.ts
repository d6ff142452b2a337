import { NotFoundError } from "@isthmus/core";
import type { DeadLetterRow, PlatformRequest, ReplayedLetters } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type ListRequest, toListAnswer, toPageRequest } from "./paging.js";

/** Dead letters of one request: a statement has its time. */
const mostAtOnce = 10_000;

/** The operator's sinks, those that were taken out while something waited for them too, with how much does. */
export async function listSinks({ database, settings }: Services) {
  const counted = await database.asSystem(({ sinks }) => sinks.count());
  const names = new Set([...(settings.sinks ?? []), ...counted.map(({ sink }) => sink)]);
  const data = [...names].toSorted().map((name) => {
    const { pending, oldestAt, dead } = counted.find(({ sink }) => sink === name) ?? nothing;
    return { name, active: settings.sinks?.includes(name) === true, pending, oldestAt: toText(oldestAt), dead };
  });
  return { data };
}

const nothing = { pending: 0, oldestAt: null, dead: 0 };

/**
 * Events that a sink has refused for good, or failed on again and again, the newest first.
 *
 * @throws {NotFoundError} There is no such sink.
 */
export async function listDeadLetters(services: Services, { sink, tenantId, ...request }: DeadLetterQuery) {
  await assertSink(services, sink);
  const page = toPageRequest(request);
  const letters = await services.database.asSystem(({ sinks }) => sinks.listDead({ sink, tenantId }, page));
  return toListAnswer(letters, viewDeadLetter);
}

/** Which dead letters somebody asks for. */
export type DeadLetterQuery = ListRequest & { readonly sink: string; readonly tenantId?: string | undefined };

/**
 * Hands dead letters to their sink once more, under their old ids, the oldest first, up to 10 000 of them. Later ones of the same
 * thing that it has taken stay so: whoever reads them goes by the version.
 *
 * @returns how many. One that is none any more is not among them.
 * @throws {NotFoundError} There is no such sink.
 */
export async function replayDeadLetters(
  services: Services,
  { id, ip }: PlatformRequest,
  which: ReplayedLetters,
): Promise<{ readonly replayed: number }> {
  await assertSink(services, which.sink);
  const replayed = await services.database.asSystem(({ sinks }) => sinks.replay(which, mostAtOnce, { id, ip }));
  return { replayed };
}

async function assertSink(services: Services, name: string): Promise<void> {
  const { data } = await listSinks(services);
  if (data.some((sink) => sink.name === name)) return;
  throw new NotFoundError("There is no such sink. GET /v1/platform/sinks names those that there are.");
}

function viewDeadLetter({ happenedAt, deadAt, failureCode, eventId, tenantId, type, attempts }: DeadLetterRow) {
  const times = { happenedAt: happenedAt.toISOString(), deadAt: deadAt.toISOString() };
  return { eventId, tenantId, type, attempts, failureCode, ...times };
}

function toText(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}
