import { ConnectorError, type ResponseHeaders, type TransportResponse } from "@isthmus/core";
import { assertNoPage } from "../../errors/html-page.js";
import { isObject } from "../../wire-values.js";
import type { ODataVersion } from "../model.js";
import type { ODataRecord } from "./codec.js";
import { readExactJson } from "./exact-json.js";

/** An answer to one request, whether it came alone or as a part of a batch. */
export interface ODataAnswer extends Pick<TransportResponse, "status" | "headers"> {
  text(): string;
}

/** An answer whose body is text already. */
export class TextAnswer implements ODataAnswer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly #text: string;

  constructor(status: number, headers: ResponseHeaders, text: string) {
    this.status = status;
    this.headers = headers;
    this.#text = text;
  }

  text(): string {
    return this.#text;
  }
}

/** One page of a set as it came. */
export interface WirePage {
  readonly rows: readonly ODataRecord[];
  readonly count?: number;
  /** Link to the next page. */
  readonly next?: string;
  /** Link to the changes since. */
  readonly delta?: string;
  /** What relative links are relative to, where the answer says so. */
  readonly context?: string;
}

/**
 * The content of an answer, out of the envelope of its version.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for a page in HTML, for nothing, and for anything that is not JSON.
 */
export function readContent(answer: ODataAnswer, version: ODataVersion): unknown {
  const body = readBody(answer);
  if (version === "v4") return body;
  if (!isObject(body) || body.d === undefined) throw unexpected("has no `d`");
  return body.d;
}

/** The one entity of an answer. */
export function readEntityContent(answer: ODataAnswer, version: ODataVersion): ODataRecord {
  const content = readContent(answer, version);
  if (!isObject(content) || Object.keys(content).length === 0) throw unexpected("holds no record");
  return content;
}

/** The list of an answer. */
export function readPage(answer: ODataAnswer, version: ODataVersion): WirePage {
  const content = readContent(answer, version);
  if (version === "v2") {
    // The first version of the protocol gave the bare list, and some services still do.
    if (Array.isArray(content)) return { rows: readRows(content) };
    if (!isObject(content) || !Array.isArray(content.results)) throw unexpected("has no `results`");
    const { results, __count, __next, __delta } = content;
    return { rows: readRows(results), ...links(__count, __next, __delta) };
  }
  if (!isObject(content) || !Array.isArray(content.value)) throw unexpected("has no `value`");
  const context = readControl(content, "context");
  return {
    rows: readRows(content.value),
    ...links(readControl(content, "count"), readControl(content, "nextLink"), readControl(content, "deltaLink")),
    ...(typeof context === "string" && { context }),
  };
}

/** A control information of v4: `@odata.count`, or `@count` since 4.01. */
export function readControl(content: ODataRecord, name: string): unknown {
  return content[`@odata.${name}`] ?? content[`@${name}`];
}

/** The bare number of `$count`. */
export function readCount(answer: ODataAnswer): number {
  assertNoPage(answer);
  const text = answer
    .text()
    .replace(/^\ufeff/, "")
    .trim();
  if (!/^\d{1,15}$/.test(text)) throw unexpected("is not a number");
  return Number(text);
}

/** @returns The first value of a header. */
export function headerOf({ headers }: Pick<ODataAnswer, "headers">, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** An answer that is not what the protocol promises. */
export function unexpected(problem: string): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", `SAP's answer ${problem}: it is not what OData promises.`);
}

function readBody(answer: ODataAnswer): unknown {
  assertNoPage(answer);
  const text = answer.text();
  if (text.trim() === "") throw unexpected(`(status ${answer.status}) is empty`);
  const body = readExactJson(text);
  if (body === undefined) throw unexpected(`(${headerOf(answer, "content-type") ?? "no content type"}) is not JSON`);
  return body;
}

function readRows(rows: readonly unknown[]): readonly ODataRecord[] {
  if (!rows.every(isObject)) throw unexpected("has an entry that is not a record");
  return rows;
}

function links(count: unknown, next: unknown, delta: unknown): Pick<WirePage, "count" | "next" | "delta"> {
  // Operational data provisioning gives the way to the changes as the last page's `__next`.
  const isDelta = typeof next === "string" && /[?&]!deltatoken=/i.test(decodeLoosely(next));
  const counted = typeof count === "string" && count !== "" ? Number(count) : count;
  return {
    ...(typeof counted === "number" && Number.isSafeInteger(counted) && { count: counted }),
    ...(typeof next === "string" && next !== "" && (isDelta ? { delta: next } : { next })),
    ...(typeof delta === "string" && delta !== "" && { delta }),
  };
}

function decodeLoosely(link: string): string {
  return link.replaceAll("%21", "!");
}
