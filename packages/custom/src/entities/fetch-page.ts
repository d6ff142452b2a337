import { ConnectorError, type ResponseHeaders } from "@isthmus/core";
import { resolvePointer } from "../json-pointer.js";
import { buildRequest, withQuery } from "../requests/build-request.js";
import { writeTime } from "./change-times.js";
import { pageParameters } from "./paging.js";
import type { ReadContext } from "./read-context.js";
import type { ReadState } from "./read-cursor.js";

/** A page as the API gave it. */
export interface FetchedPage {
  readonly records: readonly unknown[];
  readonly body: unknown;
  readonly headers: ResponseHeaders;
  /** Absolute address of the request, without credentials. */
  readonly address: string;
}

/** @throws {ConnectorError} `UNEXPECTED_RESPONSE` when there is no list where the configuration says that one is. */
export async function fetchPage({ connector, entity, signal }: ReadContext, state: ReadState): Promise<FetchedPage> {
  const { list, changes } = entity;
  const { paging } = list;
  const since = state.since === undefined || !changes ? undefined : Math.max(0, state.since - changes.overlapMs);
  const built = buildRequest(list, changes ? { since: writeTime(since ?? 0, changes.format) } : {});
  const traits = { name: `${entity.name}.list`, idempotent: true, signal };
  const at = state.page?.at;
  const isNamed = state.page !== undefined && (paging.kind === "link" || paging.kind === "next_url");
  const sinceParameter: [string, string][] =
    since !== undefined && changes?.parameter !== undefined
      ? [[changes.parameter, writeTime(since, changes.format)]]
      : [];
  const path = isNamed ? String(at) : withQuery(built.path, [...sinceParameter, ...pageParameters(paging, at)]);
  const response = isNamed
    ? await connector.sendNext(path, built, traits)
    : await connector.sendBuilt({ ...built, path }, traits);
  const body = response.json();
  const records = resolvePointer(body, list.records);
  const address = isNamed ? `${connector.origin}${path}` : connector.addressOf(path);
  if (Array.isArray(records)) return { records, body, headers: response.headers, address };
  throw new ConnectorError(
    "UNEXPECTED_RESPONSE",
    `The API's answer has no list of ${entity.name} at "${list.records}".`,
    {
      vendor: { status: response.status },
    },
  );
}
