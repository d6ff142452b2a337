import type { CallOptions, SalesforceApi } from "./api.js";
import { readFault } from "./fault.js";
import { assertFieldName, assertRecordId, assertSobjectName, encodeExternalId } from "./names.js";
import {
  type RecordInput,
  readCreated,
  readRecord,
  readUpserted,
  type SalesforceRecord,
  type UpsertResult,
  writeRecord,
} from "./records.js";

/** Single records by the REST API. What each call promises stands at the connector's methods of the same names. */
export class RecordCalls {
  readonly #api: SalesforceApi;

  constructor(api: SalesforceApi) {
    this.#api = api;
  }

  /** POST `/sobjects/{sobject}` */
  async create(sobject: string, record: RecordInput, options: CallOptions): Promise<{ readonly id: string }> {
    assertSobjectName(sobject);
    const reconcile = `Query ${sobject} by the values that you sent, newest first (ORDER BY CreatedDate DESC), before sending the record again. With an external id, use records.upsert instead: it can be repeated.`;
    const response = await this.#api.send({
      ...options,
      ...jsonBody(record),
      name: "records.create",
      method: "POST",
      path: `${this.#api.dataPath}/sobjects/${sobject}`,
      idempotent: false,
      reconcile,
    });
    return readCreated(response, reconcile);
  }

  /** GET `/sobjects/{sobject}/{id}` */
  async retrieve(
    sobject: string,
    id: string,
    fields: readonly string[] | undefined,
    options: CallOptions,
  ): Promise<SalesforceRecord> {
    fields?.forEach(assertFieldName);
    const query = fields && fields.length > 0 ? `?fields=${fields.join(",")}` : "";
    const path = this.#path(sobject, id) + query;
    return readRecord(await this.#api.send({ ...options, name: "records.retrieve", method: "GET", path }));
  }

  /** PATCH `/sobjects/{sobject}/{id}` */
  async update(sobject: string, id: string, record: RecordInput, options: CallOptions): Promise<void> {
    const path = this.#path(sobject, id);
    const request = {
      ...options,
      ...jsonBody(record),
      name: "records.update",
      method: "PATCH",
      path,
      idempotent: true,
    } as const;
    const response = await this.#api.sendRaw(request);
    // Any other success is somebody else's: a page of maintenance, a portal on the way.
    if (response.status !== 204) throw this.#api.mapFailure(response, request);
  }

  /** PATCH `/sobjects/{sobject}/{field}/{value}` */
  async upsert(
    sobject: string,
    externalIdField: string,
    externalId: string,
    record: RecordInput,
    options: CallOptions,
  ): Promise<UpsertResult> {
    assertSobjectName(sobject);
    assertFieldName(externalIdField);
    return readUpserted(
      await this.#api.send({
        ...options,
        ...jsonBody(record),
        name: "records.upsert",
        method: "PATCH",
        path: `${this.#api.dataPath}/sobjects/${sobject}/${externalIdField}/${encodeExternalId(externalId)}`,
        idempotent: true,
      }),
    );
  }

  /** DELETE `/sobjects/{sobject}/{id}` */
  async delete(sobject: string, id: string, options: CallOptions): Promise<void> {
    const path = this.#path(sobject, id);
    const request = { ...options, name: "records.delete", method: "DELETE", path } as const;
    const response = await this.#api.sendRaw(request);
    const gone = response.status === 404 && readFault(response).code === "ENTITY_IS_DELETED";
    if (response.status !== 204 && !gone) throw this.#api.mapFailure(response, request);
  }

  #path(sobject: string, id: string): string {
    assertSobjectName(sobject);
    assertRecordId(id);
    return `${this.#api.dataPath}/sobjects/${sobject}/${id}`;
  }
}

function jsonBody(record: RecordInput) {
  return { body: writeRecord(record), headers: { "content-type": "application/json" } };
}
