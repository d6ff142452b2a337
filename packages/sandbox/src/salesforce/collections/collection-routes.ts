import { findUpload } from "../blobs/blob-input.js";
import { type SaveResult, saveOne, tellRolledBack } from "../data/save-result.js";
import { SalesforceError } from "../errors.js";
import { chooseFields, objectOf, writableOf } from "../record-routes.js";
import { renderRecord } from "../render-record.js";
import { parseJsonObject, textsOf } from "../rest/json-body.js";
import type { RestAnswer, RestCall } from "../rest/rest-call.js";
import type { RestTable } from "../rest/rest-table.js";
import { findObjectOfId } from "../schema/schema.js";
import type { SalesforceState } from "../state.js";
import { assertCount, type CollectionRecord, readRecords } from "./collection-input.js";
import { existingRow, idOf } from "./existing-row.js";
import { upsertRecords } from "./upsert-records.js";

/** Records one call may write. */
const maximumRecords = 200;
/** Records one call may read. */
const maximumRetrieved = 2_000;

/**
 * Adds sObject Collections: many records in one call, each with a result of its own.
 *
 * @see https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections.html
 */
export function addCollectionRoutes(table: RestTable, state: SalesforceState): void {
  table.add("POST", "/composite/sobjects", (call) => {
    const { records, allOrNone } = readRecords(call.text, maximumRecords);
    return saveAll(state, records, allOrNone, false, (one) => createOne(one, call, state));
  });
  table.add("PATCH", "/composite/sobjects", (call) => {
    const { records, allOrNone } = readRecords(call.text, maximumRecords);
    return saveAll(state, records, allOrNone, true, (one) => updateOne(one, call, state));
  });
  table.add("DELETE", "/composite/sobjects", (call) => {
    const ids = listOf(call.query.ids, "ids");
    assertCount(ids, maximumRecords);
    return saveAll(state, ids, call.query.allOrNone === "true", true, (id) => removeOne(id, call, state));
  });
  table.add("PATCH", "/composite/sobjects/:object/:field", (call) => {
    const object = writableOf(call.params.object);
    const { records, allOrNone } = readRecords(call.text, maximumRecords);
    return answerAll(state, allOrNone, true, () =>
      upsertRecords(state, { object, keyName: call.params.field ?? "", records, userId: call.userId }),
    );
  });
  table.add("GET", "/composite/sobjects/:object", (call) =>
    retrieve(call, state, listOf(call.query.ids, "ids"), listOf(call.query.fields, "fields")),
  );
  table.add("POST", "/composite/sobjects/:object", (call) => {
    const body = parseJsonObject(call.text);
    return retrieve(call, state, textsOf(body, "ids"), textsOf(body, "fields"));
  });
}

function createOne({ object, input }: CollectionRecord, call: RestCall, state: SalesforceState): { id: string } {
  if (idOf(input.record) !== undefined) {
    const message = "cannot specify Id in an insert call";
    throw new SalesforceError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, ["Id"]);
  }
  const upload = findUpload(input.record, call.uploads);
  return { id: String(state.records.create(object, input, call.userId, upload).Id) };
}

function updateOne({ object, input }: CollectionRecord, call: RestCall, state: SalesforceState): { id: string } {
  const given = idOf(input.record);
  if (given === undefined) throw new SalesforceError(400, "MISSING_ARGUMENT", "Id not specified in an update call", []);
  const row = existingRow(state.store, object, given);
  const { [given.name]: _id, ...record } = input.record;
  state.records.update(object, String(row.Id), { ...input, record }, call.userId, findUpload(record, call.uploads));
  return { id: String(row.Id) };
}

function removeOne(id: string, call: RestCall, state: SalesforceState): { id: string } {
  const object = findObjectOfId(id);
  if (object === undefined || !/^([A-Za-z0-9]{15}|[A-Za-z0-9]{18})$/.test(id)) {
    throw new SalesforceError(400, "MALFORMED_ID", `malformed id ${id}`, []);
  }
  const row = existingRow(state.store, writableOf(object.name), { name: "Id", value: id });
  state.records.remove(object, String(row.Id), call.userId);
  return { id: String(row.Id) };
}

function saveAll<Item>(
  state: SalesforceState,
  items: readonly Item[],
  allOrNone: boolean,
  existing: boolean,
  work: (item: Item) => { id: string },
): RestAnswer {
  // Each record stands or falls as a whole, whatever it takes along.
  return answerAll(state, allOrNone, existing, () =>
    items.map((item) => saveOne(() => state.store.transaction(() => work(item)))),
  );
}

/** 200 whatever became of the records: each result says so itself. */
function answerAll(
  state: SalesforceState,
  allOrNone: boolean,
  existing: boolean,
  save: () => SaveResult[],
): RestAnswer {
  const stands = (results: readonly SaveResult[]): boolean => !allOrNone || results.every(({ success }) => success);
  const results = state.store.transaction(save, stands);
  return { status: 200, body: stands(results) ? results : tellRolledBack(results, existing) };
}

/** As many entries as ids, in their order; null where there is no such record. */
function retrieve(call: RestCall, state: SalesforceState, ids: string[], names: string[]): RestAnswer {
  const object = objectOf(call.params.object);
  assertCount(ids, maximumRetrieved);
  const fields = chooseFields(object, names);
  const body = ids.map((id) => {
    const row = state.records.find(object, id);
    return row === undefined ? null : renderRecord(object, row, fields, call.version);
  });
  return { status: 200, body };
}

function listOf(text: string | undefined, name: string): string[] {
  if (text === undefined || text === "") {
    throw new SalesforceError(400, "MISSING_ARGUMENT", `The ${name} parameter must be specified`);
  }
  return text.split(",").map((part) => part.trim());
}
