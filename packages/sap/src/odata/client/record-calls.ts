import type { HttpMethod } from "@isthmus/core";
import { findEntitySet, findNavigation } from "../model-lookup.js";
import type { Query } from "../query/query.js";
import { headerOf, type ODataAnswer, readCount, readEntityContent, unexpected } from "./answer.js";
import { assertWhole } from "./assert-whole.js";
import type { ODataCall } from "./call.js";
import type { ODataKey } from "./codec.js";
import { type IfMatch, ifMatchHeader } from "./conditions.js";
import { assertContentId, type ContentReference, isContentReference } from "./content-id.js";
import { readMessages } from "./messages.js";
import type { ODataParts } from "./parts.js";
import { type OnceOptions, readRepeatability, repeatability } from "./repeatable.js";
import type { ODataFound, ODataWritten, WithMessages } from "./results.js";

/** What of a query a single record can be read with. */
export type ReadOptions = Pick<Query, "select" | "expand">;

/** How a record is created. */
export interface CreateOptions extends OnceOptions {
  /** Name by which later calls of the same change set refer to it. */
  readonly contentId?: string;
}

/** How a record is changed or deleted. */
export interface ChangeOptions {
  readonly ifMatch?: IfMatch;
}

/** Where a record is: in a set (a singleton has no key), or made earlier in the same change set. */
export type Place = { readonly set: string; readonly key: ODataKey | undefined } | ContentReference;

/** Builds the calls that concern single records. Nothing is sent: a service runs them, alone or in a batch. */
export class RecordCalls {
  readonly #parts: ODataParts;

  constructor(parts: ODataParts) {
    this.#parts = parts;
  }

  /** Reads one record. A singleton has no key. */
  read(set: string, key: ODataKey | undefined, options: ReadOptions = {}): ODataCall<ODataFound> {
    const { codec, model } = this.#parts;
    const { type } = findEntitySet(model, set);
    const query = codec.queryString(set, options);
    return {
      name: `${set}.read`,
      method: "GET",
      path: withQuery(codec.keyPath(set, key), query),
      headers: {},
      changes: false,
      read: (answer) => ({ ...this.#readEntity(type, answer, assertWhole), messages: readMessages(answer) }),
    };
  }

  /** Counts the records that a query finds. */
  count(set: string, query: Query): ODataCall<number> {
    findEntitySet(this.#parts.model, set);
    return {
      name: `${set}.count`,
      method: "GET",
      path: withQuery(`${set}/$count`, this.#parts.codec.queryString(set, query)),
      headers: { accept: "text/plain, */*;q=0.5" },
      changes: false,
      read: readCount,
    };
  }

  /** Creates a record, with nested ones where the input has some. */
  create(set: string, input: object, options: CreateOptions = {}): ODataCall<ODataWritten> {
    return this.#create(set, set, findEntitySet(this.#parts.model, set).type, input, options);
  }

  /** Creates a record below another one: `{ set: "Orders", key: 1 }, "Items"`. */
  createIn(parent: Place, navigation: string, input: object, options: CreateOptions = {}): ODataCall<ODataWritten> {
    const { model } = this.#parts;
    const { type } = findNavigation(model, findEntitySet(model, parent.set).type, navigation);
    return this.#create(`${parent.set}.${navigation}`, `${this.#pathOf(parent)}/${navigation}`, type, input, options);
  }

  /** Changes the properties that `changes` has, and no other. */
  update(place: Place, changes: object, options: ChangeOptions = {}): ODataCall<ODataWritten> {
    const { model, updateMethod = model.version === "v2" ? "MERGE" : "PATCH" } = this.#parts;
    if (updateMethod !== "tunnelled-merge") return this.#change(place, updateMethod, changes, options, {});
    return this.#change(place, "POST", changes, options, { "x-http-method": "MERGE" });
  }

  /** Replaces the record: properties that `input` leaves out get their defaults. */
  replace(place: Place, input: object, options: ChangeOptions = {}): ODataCall<ODataWritten> {
    return this.#change(place, "PUT", input, options, {});
  }

  /** Deletes the record. */
  delete(place: Place, { ifMatch }: ChangeOptions = {}): ODataCall<WithMessages> {
    return {
      name: `${place.set}.delete`,
      method: "DELETE",
      path: this.#pathOf(place),
      headers: ifMatchHeader(ifMatch),
      changes: true,
      read: (answer) => ({ messages: readMessages(answer) }),
    };
  }

  #create(name: string, path: string, type: string, input: object, options: CreateOptions): ODataCall<ODataWritten> {
    const { contentId } = options;
    if (contentId !== undefined) assertContentId(contentId);
    const once = repeatability(this.#parts, options);
    return {
      name: `${name}.create`,
      method: "POST",
      path,
      headers: once.headers,
      body: this.#parts.codec.toWire(type, input),
      changes: true,
      idempotent: once.idempotent,
      reconcile: `Look in ${path} for a record with the values that were sent, before sending it again.`,
      ...(contentId !== undefined && { contentId }),
      read: (answer) => {
        const written = this.#readWritten(type, answer);
        if (answer.status !== 204 && written.record === undefined) throw unexpected("to a create holds no record");
        return { ...written, messages: [...written.messages, ...readRepeatability(answer, once)] };
      },
    };
  }

  #change(
    place: Place,
    method: HttpMethod,
    input: object,
    { ifMatch }: ChangeOptions,
    headers: Readonly<Record<string, string>>,
  ): ODataCall<ODataWritten> {
    const { model, codec } = this.#parts;
    const { type } = findEntitySet(model, place.set);
    const path = this.#pathOf(place);
    return {
      name: `${place.set}.${method === "PUT" ? "replace" : "update"}`,
      method,
      path,
      headers: { ...headers, ...ifMatchHeader(ifMatch) },
      body: codec.toWire(type, input),
      changes: true,
      // A second try of a change by its ETag would hear that the record was changed meanwhile: by the first.
      ...(ifMatch !== undefined && ifMatch !== "*" && { idempotent: false }),
      reconcile: `Read ${path} and compare it with what was sent, before sending it again.`,
      read: (answer) => this.#readWritten(type, answer),
    };
  }

  /** A write answers with the record (200, 201) or without it (204, and 200 or 202 of some services). */
  #readWritten(type: string, answer: ODataAnswer): ODataWritten {
    const location = headerOf(answer, "location") ?? headerOf(answer, "odata-entityid");
    const etag = headerOf(answer, "etag");
    const isEmpty = answer.status === 204 || answer.text().trim() === "";
    return {
      ...(etag !== undefined && { etag }),
      ...(!isEmpty && this.#readEntity(type, answer)),
      ...(location !== undefined && { location }),
      messages: readMessages(answer),
    };
  }

  /** @param prove - Looks at what was read; of a write, whatever came back is taken. */
  #readEntity(type: string, answer: ODataAnswer, prove?: typeof assertWhole) {
    const { codec, model } = this.#parts;
    const read = codec.toRecord(type, readEntityContent(answer, model.version));
    const { record, etag = headerOf(answer, "etag") } = prove ? prove(read) : read;
    return { record, ...(etag !== undefined && { etag }) };
  }

  #pathOf(place: Place): string {
    findEntitySet(this.#parts.model, place.set);
    return isContentReference(place) ? `$${place.contentId}` : this.#parts.codec.keyPath(place.set, place.key);
  }
}

/** A path with its query, where there is one. */
export function withQuery(path: string, query: string): string {
  return query === "" ? path : `${path}?${query}`;
}
