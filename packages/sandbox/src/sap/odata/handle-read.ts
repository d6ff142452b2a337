import { escapeHtml } from "../../shared/html.js";
import { type ODataCall, type ODataResponse, versionHeader } from "./call.js";
import { ODataFailure, segmentNotFound } from "./failure.js";
import { renderEdmxV2 } from "./model/edmx-v2.js";
import { renderEdmxV4 } from "./model/edmx-v4.js";
import type { EntityModel } from "./model/service-model.js";
import { parseQueryOptions, type QueryOptions } from "./query/query-options.js";
import { expandRow, pageSizeFor, readPage, selectRows } from "./read.js";
import { Snapshot } from "./read-engine.js";
import { etagOf, isAmongEtags } from "./render/etag.js";
import { renderEntityV2, renderPageV2 } from "./render/render-v2.js";
import { renderPageV4, renderSingleV4 } from "./render/render-v4.js";
import { renderValueV2, renderValueV4, stringifyExactly } from "./render/values.js";
import { assertReadable, jsonType } from "./representation.js";
import type { ResourcePath } from "./resource-path.js";
import type { Row } from "./rows.js";

type EntitiesPath = Extract<ResourcePath, { kind: "entities" }>;

/** Answers a GET for `$metadata`, the service document or entities. @throws {ODataFailure} */
export async function handleRead(call: ODataCall, path: ResourcePath): Promise<ODataResponse> {
  if (path.kind === "metadata") return renderMetadata(call);
  if (path.kind === "service") return renderServiceDocument(call);
  if (path.kind !== "entities") throw new ODataFailure(405, "/IWFND/CM_MGW/096", "Method GET is not allowed here");
  // A count is a bare number, whatever was asked for.
  if (path.tail?.kind !== "count") assertReadable(call);
  const options = parseQueryOptions(call.service, path.entity, call.query);
  const snapshot = new Snapshot(call.state);
  const found = (await call.engine.find(call.service, path.steps, snapshot)) ?? [];
  const isWholeSet = path.many && path.steps.length === 1;
  if (found.length === 0 && !isWholeSet) {
    // Below an entity that is there: an empty list, or no content for a navigation to one. Below none: an error.
    const isBelow = path.steps.at(-1)?.navigation !== undefined;
    if (!isBelow || !(await isOwnerThere(call, path, snapshot))) throw notFound(path);
    if (!path.many) return { status: 204, headers: versionHeader(call.service), body: "" };
  }
  const rows = found.map(({ row }) => row);
  if (path.tail?.kind === "count") return respondCount(call, path.entity, rows, options, snapshot);
  if (path.many) return respondPage(call, path.entity, rows, options, snapshot);
  const [row] = rows;
  if (row === undefined) throw notFound(path);
  return path.tail === undefined
    ? respondEntity(call, path.entity, row, options, snapshot)
    : respondProperty(call, path.entity, row, path.tail);
}

/** Answers with one entity; 304 where the caller has it already. */
export async function respondEntity(
  call: ODataCall,
  entity: EntityModel,
  row: Row,
  options: QueryOptions,
  snapshot: Snapshot,
  status = 200,
): Promise<ODataResponse> {
  const { service } = call;
  const etag = etagOf(service, entity, row);
  const headers = { ...versionHeader(service), ...(etag !== undefined && { etag }) };
  const known = call.headers["if-none-match"];
  if (etag !== undefined && known !== undefined && isAmongEtags(known, etag) && call.method === "GET") {
    return { status: 304, headers, body: "" };
  }
  const found = await expandRow(call.engine, { service, entity, snapshot }, row, options);
  const { contentType, ieee754 } = jsonType(call);
  const body =
    service.version === "2.0"
      ? JSON.stringify({ d: renderEntityV2({ service, rootUrl: call.rootUrl }, entity, found, options) })
      : stringifyExactly(renderSingleV4({ service, ieee754 }, entity, found, options));
  return { status, headers: { ...headers, "content-type": contentType }, body };
}

/** Answers with the rows that fit, a page at a time. */
export async function respondPage(
  call: ODataCall,
  entity: EntityModel,
  rows: readonly Row[],
  options: QueryOptions,
  snapshot: Snapshot,
): Promise<ODataResponse> {
  const { service, state } = call;
  const size = pageSizeFor(state.settings, entity, service.version === "4.0" ? call.headers.prefer : undefined);
  const found = rows.map((row) => ({ row, expanded: {} }));
  const page = await readPage(call.engine, { state, service, entity, snapshot }, found, options, size);
  const { contentType, ieee754 } = jsonType(call);
  const headers = { ...versionHeader(service), "content-type": contentType };
  const next = page.next === undefined ? undefined : nextQuery(call.query, page.next);
  if (service.version === "2.0") {
    const nextUrl = next === undefined ? undefined : `${call.rootUrl}${call.path}?${next}`;
    const body = { d: renderPageV2({ service, rootUrl: call.rootUrl }, entity, page, options, nextUrl) };
    return { status: 200, headers, body: JSON.stringify(body) };
  }
  const nextLink = next === undefined ? undefined : `${call.path.split("/").at(-1)}?${next}`;
  return {
    status: 200,
    headers,
    body: stringifyExactly(renderPageV4({ service, ieee754 }, entity, page, options, nextLink)),
  };
}

function nextQuery(query: URLSearchParams, token: number): string {
  const next = new URLSearchParams(query);
  next.set("$skiptoken", String(token));
  // `$` and commas stay readable, as the Gateway leaves them.
  return next.toString().replaceAll("%24", "$").replaceAll("%2C", ",").replaceAll("+", "%20");
}

function respondCount(
  call: ODataCall,
  entity: EntityModel,
  rows: Row[],
  options: QueryOptions,
  snapshot: Snapshot,
): ODataResponse {
  const count = selectRows(call.service, entity, rows, options, snapshot).length;
  return {
    status: 200,
    headers: { ...versionHeader(call.service), "content-type": "text/plain;charset=utf-8" },
    body: String(count),
  };
}

function respondProperty(
  call: ODataCall,
  entity: EntityModel,
  row: Row,
  tail: Exclude<EntitiesPath["tail"], undefined | { kind: "count" }>,
): ODataResponse {
  const { service } = call;
  const { name } = tail.property;
  const { contentType, ieee754 } = jsonType(call);
  if (tail.raw) {
    const headers = { ...versionHeader(service), "content-type": "text/plain;charset=utf-8" };
    return { status: 200, headers, body: String(row[name] ?? "") };
  }
  const body =
    service.version === "2.0"
      ? { d: { [name]: renderValueV2(tail.property, row[name]) } }
      : {
          "@odata.context": `$metadata#${entity.set}/${name}`,
          value: renderValueV4(tail.property, row[name], ieee754),
        };
  return {
    status: 200,
    headers: { ...versionHeader(service), "content-type": contentType },
    body: stringifyExactly(body),
  };
}

async function isOwnerThere(call: ODataCall, path: EntitiesPath, snapshot: Snapshot): Promise<boolean> {
  const owner = await call.engine.find(call.service, path.steps.slice(0, -1), snapshot);
  return owner !== undefined && owner.length > 0;
}

function notFound(path: EntitiesPath): ODataFailure {
  return segmentNotFound(path.steps.at(-1)?.entity.type ?? "");
}

function renderMetadata({ service }: ODataCall): ODataResponse {
  const body = service.version === "2.0" ? renderEdmxV2(service) : renderEdmxV4(service);
  return { status: 200, headers: { ...versionHeader(service), "content-type": "application/xml" }, body };
}

function renderServiceDocument(call: ODataCall): ODataResponse {
  const { service, rootUrl } = call;
  const sets = service.entities.map(({ set }) => set);
  if (service.version === "4.0") {
    const value = sets.map((name) => ({ name, url: name }));
    const headers = { ...versionHeader(service), "content-type": jsonType(call).contentType };
    return { status: 200, headers, body: JSON.stringify({ "@odata.context": "$metadata", value }) };
  }
  if ((call.headers.accept ?? "").includes("json") || call.query.get("$format") === "json") {
    const headers = { ...versionHeader(service), "content-type": "application/json;charset=utf-8" };
    return { status: 200, headers, body: JSON.stringify({ d: { EntitySets: sets } }) };
  }
  const collections = service.entities.map(
    ({ set, label }) =>
      `<app:collection sap:content-version="1" href="${set}"><atom:title type="text">${set}</atom:title><sap:member-title>${escapeHtml(label)}</sap:member-title></app:collection>`,
  );
  const body = `<?xml version="1.0" encoding="utf-8"?><app:service xml:lang="en" xml:base="${escapeHtml(rootUrl)}" xmlns:app="http://www.w3.org/2007/app" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sap="http://www.sap.com/Protocols/SAPData"><app:workspace><atom:title type="text">Data</atom:title>${collections.join("")}</app:workspace></app:service>`;
  return { status: 200, headers: { ...versionHeader(service), "content-type": "application/atomsvc+xml" }, body };
}
