import { NotFoundError, ValidationError } from "@isthmus/core";
import type { CallOptions, SalesforceApi } from "./api.js";
import { readFault } from "./fault.js";
import { toMultipleMatches } from "./multiple-matches.js";
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
import { undelete } from "./soap/undelete.js";

/** What an update takes. */
export interface UpdateOptions extends CallOptions {
  /**
   * Changes the record only if nobody has since this time, such as the `SystemModstamp` or `LastModifiedDate` that was
   * read. Salesforce compares whole seconds, so that a change within the same second is not seen.
   */
  readonly ifUnmodifiedSince?: Date | string;
}

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
  async update(sobject: string, id: string, record: RecordInput, options: UpdateOptions): Promise<void> {
    const { ifUnmodifiedSince, ...call } = options;
    const { body, headers } = jsonBody(record);
    const request = {
      ...call,
      name: "records.update",
      method: "PATCH",
      path: this.#path(sobject, id),
      body,
      headers: {
        ...headers,
        ...(ifUnmodifiedSince !== undefined && { "if-unmodified-since": toHttpDate(ifUnmodifiedSince) }),
      },
      // A second try would meet what the first one changed.
      idempotent: ifUnmodifiedSince === undefined,
      reconcile: `Read the record of ${sobject} and look whether it has the values that you sent.`,
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
    const request = {
      ...options,
      ...jsonBody(record),
      name: "records.upsert",
      method: "PATCH",
      path: `${this.#api.dataPath}/sobjects/${sobject}/${externalIdField}/${encodeExternalId(externalId)}`,
      idempotent: true,
    } as const;
    const response = await this.#api.sendRaw(request);
    if (response.status === 300) throw toMultipleMatches(response);
    if (response.status < 200 || response.status > 299) throw this.#api.mapFailure(response, request);
    return readUpserted(response);
  }

  /** DELETE `/sobjects/{sobject}/{id}` */
  async delete(sobject: string, id: string, options: CallOptions): Promise<void> {
    const path = this.#path(sobject, id);
    const request = { ...options, name: "records.delete", method: "DELETE", path } as const;
    const response = await this.#api.sendRaw(request);
    const gone = response.status === 404 && readFault(response).code === "ENTITY_IS_DELETED";
    if (response.status !== 204 && !gone) throw this.#api.mapFailure(response, request);
  }

  /** SOAP `undelete` */
  async undelete(sobject: string, id: string, options: CallOptions): Promise<void> {
    this.#path(sobject, id);
    const refusal = await undelete(this.#api, id, options.signal);
    if (refusal === undefined) return;
    if (refusal.vendor?.code !== "UNDELETE_FAILED") throw refusal;
    // It is not in the recycle bin: because it is where it belongs, or because it is nowhere.
    const found = await this.retrieve(sobject, id, ["Id"], options).catch((error: unknown) => {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    });
    if (found) return;
    const message = "The record is not in the recycle bin: it was never there, or the bin has been emptied.";
    throw new NotFoundError(message, { vendor: refusal.vendor });
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

/** Salesforce's own times have an offset without a colon, which is no ISO 8601 of JavaScript's. */
function toHttpDate(time: Date | string): string {
  const date = typeof time === "string" ? new Date(time.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")) : time;
  if (!Number.isNaN(date.getTime())) return date.toUTCString();
  throw new ValidationError("The time of a conditional update is not one.", [
    { path: "ifUnmodifiedSince", message: "must be a time such as 2026-11-26T12:00:00.000+0000" },
  ]);
}
