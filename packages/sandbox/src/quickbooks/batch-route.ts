import type { FastifyInstance } from "fastify";
import { companyOf, envelopeTime } from "./company-request.js";
import { findEntity } from "./data/entities.js";
import { isObject, objectsIn, textIn } from "./data/json.js";
import type { JsonObject } from "./data/records.js";
import { invalidRequest, QuickbooksFault, requiredMissing } from "./errors.js";
import { runQuery } from "./query/run-query.js";
import { writeRecord } from "./record-routes.js";
import { renderRecord } from "./render-record.js";
import { sendOnce } from "./replay.js";
import { jsonOf } from "./request-body.js";
import type { Company, QuickbooksState } from "./state.js";

/** Items that one batch may have. */
const maximumItems = 30;

/** Adds `/batch`: up to thirty writes and queries, each with its own outcome, one after the other. */
export function addBatchRoute(api: FastifyInstance, state: QuickbooksState): void {
  api.post("/batch", async (request, reply) => {
    const company = companyOf(request);
    return sendOnce(
      request,
      reply,
      company,
      () => envelopeTime(state),
      () => {
        const items = objectsIn(jsonOf(request), "BatchItemRequest");
        if (items.length === 0) throw requiredMissing("BatchItemRequest");
        if (items.length > maximumItems) {
          throw new QuickbooksFault(
            "1040",
            "The maximum number of batch items has been exceeded",
            `The batch has ${items.length} items; the maximum is ${maximumItems}`,
          );
        }
        return { BatchItemResponse: items.map((item) => ({ ...answerItem(state, company, item), ...batchId(item) })) };
      },
    );
  });
}

function batchId(item: JsonObject): JsonObject {
  return item.bId === undefined ? {} : { bId: item.bId };
}

function answerItem(state: QuickbooksState, company: Company, item: JsonObject): JsonObject {
  try {
    return performItem(state, company, item);
  } catch (error) {
    if (error instanceof QuickbooksFault) return { Fault: error.toFault() };
    throw error;
  }
}

function performItem(state: QuickbooksState, company: Company, item: JsonObject): JsonObject {
  const query = textIn(item, "Query");
  if (query !== undefined) {
    const render = (definition: Parameters<typeof renderRecord>[2], record: Parameters<typeof renderRecord>[3]) =>
      renderRecord(state, company, definition, record);
    return { QueryResponse: runQuery(query, company.records, render) };
  }
  const entry = Object.entries(item).find(([name, value]) => isObject(value) && findEntity(name) !== undefined);
  const [name = "", input] = entry ?? [];
  const definition = findEntity(name);
  if (definition === undefined || !isObject(input)) throw invalidRequest("The batch item has no entity and no Query");
  const operation = textIn(item, "operation");
  if (operation === undefined) throw requiredMissing("operation");
  const options = textIn(item, "optionsData");
  return writeRecord(state, company, definition, input, {
    operation,
    ...(options === undefined ? {} : { include: options }),
  });
}
