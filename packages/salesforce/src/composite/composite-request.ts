import { assertFieldName, assertRecordId, assertSobjectName, encodeExternalId } from "../names.js";
import type { RecordInput } from "../records.js";
import type { Subrequest } from "./subrequest.js";

/** A call of a {@link CompositeRequest}, for calls after it. */
export interface Reference {
  readonly referenceId: string;
  /** Stands for the id of the record that the call made. */
  readonly id: string;
  /** Stands for a value of the call's answer, such as `Name`, or `records[0].Id` of a query. */
  value(path: string): string;
}

/**
 * Puts the calls of a composite request together, names and paths proven.
 *
 * @example
 * const request = new CompositeRequest();
 * const account = request.create("Account", { Name: "Acme" });
 * request.create("Contact", { LastName: "Lee", AccountId: account.id });
 * await salesforce.composite.send(request.calls, { allOrNone: true });
 */
export class CompositeRequest {
  readonly #calls: Subrequest[] = [];

  /** What was put together so far. */
  get calls(): readonly Subrequest[] {
    return this.#calls;
  }

  /** Creates a record. */
  create(sobject: string, record: RecordInput, referenceId?: string): Reference {
    assertSobjectName(sobject);
    return this.#add("POST", `/sobjects/${sobject}`, record, referenceId);
  }

  /** Reads a record. @param id - Of the record, or the `id` of a call before. */
  retrieve(sobject: string, id: string, fields: readonly string[], referenceId?: string): Reference {
    for (const field of fields) assertFieldName(field);
    return this.#add("GET", `${pathOf(sobject, id)}?fields=${fields.join(",")}`, undefined, referenceId);
  }

  /** Changes the fields that `record` names. */
  update(sobject: string, id: string, record: RecordInput, referenceId?: string): Reference {
    return this.#add("PATCH", pathOf(sobject, id), record, referenceId);
  }

  /** Updates the record with this external id, or creates it. */
  upsert(
    sobject: string,
    externalIdField: string,
    externalId: string,
    record: RecordInput,
    referenceId?: string,
  ): Reference {
    assertSobjectName(sobject);
    assertFieldName(externalIdField);
    const path = `/sobjects/${sobject}/${externalIdField}/${encodeExternalId(externalId)}`;
    return this.#add("PATCH", path, record, referenceId);
  }

  /** Moves a record to the recycle bin. */
  delete(sobject: string, id: string, referenceId?: string): Reference {
    return this.#add("DELETE", pathOf(sobject, id), undefined, referenceId);
  }

  /** Runs a query; its first page is the answer. At most five in a request. */
  query(soql: string, referenceId?: string): Reference {
    return this.#add("GET", `/query?q=${encodeURIComponent(soql)}`, undefined, referenceId);
  }

  #add(
    method: Subrequest["method"],
    path: string,
    body: RecordInput | undefined,
    referenceId = `call${this.#calls.length + 1}`,
  ): Reference {
    this.#calls.push({ referenceId, method, path, ...(body !== undefined && { body }) });
    const value = (steps: string) => `@{${referenceId}.${steps}}`;
    return { referenceId, id: value("id"), value };
  }
}

function pathOf(sobject: string, id: string): string {
  assertSobjectName(sobject);
  if (!/^@\{\w+\.[\w.[\]]+\}$/.test(id)) assertRecordId(id);
  return `/sobjects/${sobject}/${id}`;
}
