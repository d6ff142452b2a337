import { type ConnectorError, type HttpMethod, isConnectorError, ValidationError } from "@isthmus/core";
import { assertFieldName, assertRecordId, assertSobjectName } from "../names.js";
import { isRecord, type RecordInput, writeRecord } from "../records.js";

/** One record on its way. */
export interface Row {
  /** What decides where a chunk of Salesforce's begins: the object, or the prefix of an id. */
  readonly type: string;
  /** Its place in the request: JSON of a record, or an id. Missing where there is an `error`. */
  readonly text?: string;
  /** Where it is known ahead. */
  readonly id?: string;
  /** Why it is not sent at all. */
  readonly error?: ConnectorError;
}

/** One of the writing calls of collections. */
export interface WriteCall {
  readonly kind: "create" | "update" | "upsert" | "delete";
  /** `collections.create` */
  readonly name: string;
  readonly method: HttpMethod;
  /** Whether a request whose answer was lost is sent again. */
  readonly idempotent: boolean;
  /** How to look a record up whose answer was lost. */
  readonly reconcile: string;
  /** Path below the version, and body. */
  request(texts: readonly string[], allOrNone: boolean): { readonly path: string; readonly body?: string };
}

const withBody = (path: string) => (texts: readonly string[], allOrNone: boolean) => ({
  path,
  body: `{"allOrNone":${allOrNone},"records":[${texts.join(",")}]}`,
});

/** POST `/composite/sobjects` */
export const createCall: WriteCall = {
  kind: "create",
  name: "collections.create",
  method: "POST",
  // Salesforce has no key against doubles.
  idempotent: false,
  reconcile:
    "Query the object by the values that you sent, newest first (ORDER BY CreatedDate DESC), before sending these records again. With an external id, use collections.upsert instead: it can be repeated.",
  request: withBody("/composite/sobjects"),
};

/** PATCH `/composite/sobjects`: absolute values, so that a repetition leaves the records as the first try did. */
export const updateCall: WriteCall = {
  kind: "update",
  name: "collections.update",
  method: "PATCH",
  idempotent: true,
  reconcile: "Send the same records again.",
  request: withBody("/composite/sobjects"),
};

/** PATCH `/composite/sobjects/{sobject}/{field}` */
export function upsertCall(sobject: string, externalIdField: string): WriteCall {
  assertSobjectName(sobject);
  assertFieldName(externalIdField);
  return {
    ...updateCall,
    kind: "upsert",
    name: "collections.upsert",
    request: withBody(`/composite/sobjects/${sobject}/${externalIdField}`),
  };
}

/** DELETE `/composite/sobjects?ids=` */
export const deleteCall: WriteCall = {
  kind: "delete",
  name: "collections.delete",
  method: "DELETE",
  idempotent: true,
  reconcile: "Send the same ids again.",
  request: (ids, allOrNone) => ({ path: `/composite/sobjects?ids=${ids.join(",")}&allOrNone=${allOrNone}` }),
};

/** A record to create. One whose `attributes.type` names another object goes there. */
export function createRow(sobject: string, record: RecordInput): Row {
  return proven(sobject, () => toRow(sobject, record, undefined));
}

/** A record to update, by its `Id` or `id`. */
export function updateRow(sobject: string, record: RecordInput): Row {
  return proven(sobject, () => {
    const { Id, id = Id, ...fields } = record;
    assertRecordId(typeof id === "string" ? id : "");
    return toRow(sobject, fields, String(id));
  });
}

/** A record to upsert, which holds its external id. All of them are of one object. */
export function upsertRow(sobject: string, externalIdField: string, record: RecordInput): Row {
  return proven(sobject, () => {
    const value = record[externalIdField];
    if (value === "" || (typeof value !== "string" && typeof value !== "number")) {
      throw new ValidationError("A record to upsert holds its external id.", [
        { path: externalIdField, message: "must be the record's external id" },
      ]);
    }
    const row = toRow(sobject, record, undefined);
    if (row.type === sobject) return row;
    throw new ValidationError("The records of one upsert are of one object.", [
      { path: "attributes.type", message: `must be ${sobject}` },
    ]);
  });
}

/** An id to delete. */
export function deleteRow(id: string): Row {
  const type = String(id).slice(0, 3);
  return proven(type, () => {
    assertRecordId(id);
    return { type, text: id, id };
  });
}

function toRow(sobject: string, record: RecordInput, id: string | undefined): Row {
  const { attributes, ...fields } = record;
  // A record that was read has its address there, which nobody needs to be told.
  const { url: _url, ...given } = isRecord(attributes) ? attributes : {};
  const type = typeof given.type === "string" ? given.type : sobject;
  assertSobjectName(type);
  const text = writeRecord({ attributes: { ...given, type }, ...(id !== undefined && { id }), ...fields });
  return { type, text, ...(id !== undefined && { id }) };
}

/** A record that cannot be sent has its result; the others go. */
function proven(type: string, make: () => Row): Row {
  try {
    return make();
  } catch (error) {
    if (isConnectorError(error)) return { type, error };
    throw error;
  }
}
