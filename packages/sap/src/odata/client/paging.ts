import { ConnectorError, ForbiddenTargetError } from "@isthmus/core";
import { type ODataAnswer, readPage, type WirePage } from "./answer.js";
import { assertWhole } from "./assert-whole.js";
import type { CallOptions, ODataCall } from "./call.js";
import type { ODataCodec } from "./codec.js";
import type { ODataExchange } from "./exchange.js";
import { readMessages } from "./messages.js";
import type { ODataParts } from "./parts.js";
import type { ODataEntity, ODataPage } from "./results.js";

/** Where a service is. */
export type ServicePlace = Pick<ODataParts, "origin" | "alsoKnownAs" | "root">;

/**
 * A link that the service gave, as an address below its root.
 *
 * @param requestPath - Path of the request that it answered, relative to the root: relative links are relative to that, or to the
 * answer's context.
 * @param context - `@odata.context` of the answer.
 * @returns The path relative to the root, with its query.
 * @throws {ForbiddenTargetError} for a link to another host.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for one that leads out of the service.
 * @see https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_RelativeURLs
 */
export function resolveLink(place: ServicePlace, link: string, requestPath: string, context?: string): string {
  const { origin, alsoKnownAs = [], root } = place;
  const request = new URL(requestPath, `${origin}${root}`).href;
  const base = context === undefined ? request : (parse(context, request)?.href ?? request);
  const target = parse(link, base);
  const isOwn = [origin, ...alsoKnownAs].some((own) => parse("/", own)?.origin === target?.origin);
  const advice = "It was not followed: check by which address the system knows itself.";
  if (target !== undefined && !isOwn) {
    throw new ForbiddenTargetError(`SAP's answer has a link that leads to another host. ${advice}`);
  }
  if (target === undefined || !target.pathname.startsWith(root)) {
    throw new ConnectorError("UNEXPECTED_RESPONSE", `SAP's answer has a link that leads out of the service. ${advice}`);
  }
  return `${target.pathname.slice(root.length)}${target.search}`;
}

function parse(link: string, base: string): URL | undefined {
  return URL.canParse(link, base) ? new URL(link, base) : undefined;
}

/** The call that reads a page at a path. */
export function pageCall<Result>(
  name: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  read: (answer: ODataAnswer) => Result,
): ODataCall<Result> {
  return { name, method: "GET", path, headers, changes: false, read };
}

/** A page's rows as callers see them. */
export function toEntities(
  codec: Pick<ODataCodec, "toRecord">,
  type: string,
  { rows }: WirePage,
): readonly ODataEntity[] {
  return rows.map((row) => {
    const { record, etag } = assertWhole(codec.toRecord(type, row));
    return etag === undefined ? { record } : { record, etag };
  });
}

/** A page of a set, its links resolved. */
export function readEntities(
  parts: ServicePlace & Pick<ODataParts, "codec" | "model">,
  type: string,
  path: string,
  answer: ODataAnswer,
): ODataPage {
  const page = readPage(answer, parts.model.version);
  return {
    entities: toEntities(parts.codec, type, page),
    ...(page.count !== undefined && { count: page.count }),
    ...(page.next !== undefined && { next: resolveLink(parts, page.next, path, page.context) }),
    messages: readMessages(answer),
  };
}

/**
 * Follows pages to the last.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when a page leads back to one that was read already: it would never end.
 */
export async function* followPages<Page extends { readonly next?: string }>(
  exchange: ODataExchange,
  first: ODataCall<Page>,
  at: (path: string) => ODataCall<Page>,
  options: CallOptions,
): AsyncGenerator<Page, void, undefined> {
  const seen = new Set([first.path]);
  for (let call: ODataCall<Page> | undefined = first; call !== undefined; ) {
    const page: Page = await exchange.run(call, options);
    if (page.next !== undefined && seen.has(page.next)) {
      throw new ConnectorError("UNEXPECTED_RESPONSE", "SAP's answer leads back to a page that was read already.");
    }
    if (page.next !== undefined) seen.add(page.next);
    call = page.next === undefined ? undefined : at(page.next);
    yield page;
  }
}
