import { ConnectorError, ForbiddenTargetError, type ResponseHeaders } from "@isthmus/core";
import { resolvePointer } from "../json-pointer.js";
import type { PagingConfiguration } from "../options/entity-options.js";
import { findNextLink } from "./link-header.js";

/** Where in a list a page begins: a cursor, a number, or a path of the same origin. */
export type PagePosition = string | number;

/** A page as it came. */
export interface PageAnswer {
  readonly body: unknown;
  readonly headers: ResponseHeaders;
  /** How many records it holds, those that the page before had too left out. */
  readonly count: number;
  /** Absolute address of the request, without credentials. */
  readonly address: string;
}

/** The query parameters that ask for a page. */
export function pageParameters(paging: PagingConfiguration, position: PagePosition | undefined): [string, string][] {
  switch (paging.kind) {
    case "cursor":
      return position === undefined ? [] : [[paging.parameter, String(position)]];
    case "page":
      return [[paging.parameter, String(position ?? paging.first)]];
    case "offset":
      return [
        // One record back: it has to be the last one of the page before.
        [paging.parameter, String(Math.max(0, Number(position ?? 0) - 1))],
        [paging.limitParameter, String(paging.limit)],
      ];
    default:
      return [];
  }
}

/**
 * Where the next page begins; `undefined` after the last one.
 *
 * @param keyParameter - Query parameter that a next address may repeat and that must not be stored: the API key's.
 * @throws {ForbiddenTargetError} when the API names a page at another origin.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when what stands at its place is no position.
 */
export function findNextPosition(
  paging: PagingConfiguration,
  position: PagePosition | undefined,
  answer: PageAnswer,
  keyParameter: string | undefined,
): PagePosition | undefined {
  switch (paging.kind) {
    case "none":
      return undefined;
    case "cursor":
      return saysEnd(paging.more, answer) ? undefined : readCursor(resolvePointer(answer.body, paging.next));
    case "page":
      return answer.count === 0 || saysEnd(paging.more, answer) ? undefined : Number(position ?? paging.first) + 1;
    case "offset":
      return answer.count === 0 || saysEnd(paging.more, answer) ? undefined : Number(position ?? 0) + answer.count;
    case "link":
      return readAddress(findNextLink(answer.headers.link), answer.address, keyParameter);
    case "next_url": {
      const next = resolvePointer(answer.body, paging.next);
      if (next === undefined || next === null || next === "") return undefined;
      if (typeof next !== "string") throw unexpected("the next page's address is no text");
      return readAddress(next, answer.address, keyParameter);
    }
  }
}

function saysEnd(pointer: string | undefined, { body }: PageAnswer): boolean {
  return pointer !== undefined && resolvePointer(body, pointer) === false;
}

function readCursor(next: unknown): PagePosition | undefined {
  if (next === undefined || next === null || next === "") return undefined;
  if ((typeof next === "string" && next.length <= 8_000) || (typeof next === "number" && Number.isSafeInteger(next)))
    return next;
  throw unexpected("the next cursor is neither a text nor a whole number");
}

/** Path and query of an address of the same origin. Another origin would get the credentials. */
function readAddress(next: string | undefined, address: string, keyParameter: string | undefined): string | undefined {
  if (next === undefined) return undefined;
  const url = URL.parse(next, address);
  if (url === null || url.href.length > 8_000) throw unexpected("the next page's address is no URL");
  if (url.origin !== new URL(address).origin || url.username !== "" || url.password !== "") {
    throw new ForbiddenTargetError("The API names a next page at another origin, which must not get the credentials.");
  }
  if (keyParameter !== undefined && url.searchParams.has(keyParameter)) url.searchParams.delete(keyParameter);
  return `${url.pathname}${url.search}`;
}

function unexpected(what: string): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", `The API's list cannot be read on: ${what}.`);
}
