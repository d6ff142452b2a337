import type { FastifyInstance } from "fastify";
import { sendJson } from "../shared/sandbox-server.js";
import { companyOf, envelopeTime } from "./company-request.js";
import { lastUpdated } from "./data/company-records.js";
import type { EntityDefinition } from "./data/entities.js";
import type { JsonObject } from "./data/records.js";
import { readTime, toRecordTime } from "./data/time.js";
import { invalidDate, QuickbooksFault, requiredMissing } from "./errors.js";
import { entityOf } from "./record-routes.js";
import { renderRecord } from "./render-record.js";
import type { Company, QuickbooksState } from "./state.js";

const maximumAgeMs = 30 * 24 * 60 * 60 * 1000;
/** Objects in one response; what is beyond is left out without a word. */
const maximumObjects = 1_000;

/** Adds `/cdc`: what has changed since a time, deletions included. */
export function addChangeDataCaptureRoute(api: FastifyInstance, state: QuickbooksState): void {
  api.get<{ Querystring: { entities?: string; changedSince?: string } }>("/cdc", async (request, reply) => {
    const company = companyOf(request);
    const names = (request.query.entities ?? "").split(",").filter((name) => name.trim() !== "");
    if (names.length === 0) throw requiredMissing("entities");
    const since = readSince(request.query.changedSince, state);
    let left = maximumObjects;
    const responses = names.map((name) => {
      const definition = entityOf(name.trim());
      const changes = changesOf(state, company, definition, since).slice(0, left);
      left -= changes.length;
      if (changes.length === 0) return {};
      return { [definition.name]: changes, startPosition: 1, maxResults: changes.length };
    });
    return sendJson(reply, 200, { CDCResponse: [{ QueryResponse: responses }], time: envelopeTime(state) });
  });
}

/** A plus sign that a client forgot to encode arrives as a space: it is the offset's. */
function readSince(text: string | undefined, state: QuickbooksState): number {
  if (text === undefined) throw requiredMissing("changedSince");
  const since = readTime(text.trim().replace(/ (?=\d{2}:?\d{2}$)/, "+"));
  if (since === undefined) throw invalidDate("changedSince", text);
  if (state.clock() - since > maximumAgeMs) {
    throw new QuickbooksFault("2190", "Invalid Date Range", "changedSince must be within the last 30 days", {
      element: "changedSince",
    });
  }
  return since;
}

function changesOf(
  state: QuickbooksState,
  company: Company,
  definition: EntityDefinition,
  since: number,
): JsonObject[] {
  const changed = company.records
    .all(definition.name)
    .map((record) => ({ time: lastUpdated(record), object: renderRecord(state, company, definition, record) }));
  const deleted = company.records
    .deletions()
    .filter((deletion) => deletion.entity === definition.name)
    .map(({ id, time }) => ({
      time,
      object: { domain: "QBO", status: "Deleted", Id: id, MetaData: { LastUpdatedTime: toRecordTime(time) } },
    }));
  // Record times have whole seconds, so a change within the second that is asked for counts.
  const from = Math.floor(since / 1000) * 1000;
  return [...changed, ...deleted]
    .filter(({ time }) => time >= from)
    .toSorted((left, right) => left.time - right.time)
    .map(({ object }) => object);
}
