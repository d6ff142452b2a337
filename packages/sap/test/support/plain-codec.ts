import type { ODataCodec, ODataFilter, ODataKey, ODataQuery } from "../../src/odata/client/codec.js";
import type { ODataModel } from "../../src/odata/model.js";

/** The simplest codec that serves tests of the client: values are JSON's own, and what looks like text is quoted. */
export function plainCodec(model: ODataModel): ODataCodec {
  const keysOf = (set: string) => model.types.get(model.entitySets.get(set)?.type ?? "")?.keys ?? [];
  return {
    keyPath: (set, key) => (key === undefined ? set : `${set}(${encodeURIComponent(predicate(keysOf(set), key))})`),
    toWire: (_type, input) => Object.fromEntries(Object.entries(input)),
    toWireValue: (_typed, value) => value,
    toRecord: (_type, wire) => {
      const { __metadata, ...rest } = wire;
      const etag = wire["@odata.etag"] ?? (isObject(__metadata) ? __metadata.etag : undefined);
      const fields = Object.entries(rest).filter(([name]) => !name.includes("@"));
      const record = Object.fromEntries(fields.map(([name, value]) => [name, unwrapList(value)]));
      return { record, ...(typeof etag === "string" && { etag }) };
    },
    toValue: (_typed, wire) => wire,
    literal: (_typed, value) => literal(value),
    queryString: (_set, query) => queryString(model, query),
  };
}

/** v2 wraps the list of an expanded navigation. */
function unwrapList(value: unknown): unknown {
  return isObject(value) && Array.isArray(value.results) ? value.results : value;
}

function predicate(keys: readonly string[], key: ODataKey): string {
  if (typeof key !== "object") return literal(key);
  const [first] = keys;
  if (keys.length === 1 && first !== undefined) return literal(key[first]);
  return keys.map((name) => `${name}=${literal(key[name])}`).join(",");
}

function literal(value: unknown): string {
  if (typeof value === "string") return isPlainWord(value) ? value : `'${value.replaceAll("'", "''")}'`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Times and GUIDs stand without quotes in v4; the tests have no other texts of that form. */
function isPlainWord(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) || /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(value);
}

function queryString(model: ODataModel, query: ODataQuery): string {
  const { select, expand, filter, orderBy, top, skip, count, search } = query;
  const counted = model.version === "v4" ? ["$count", "true"] : ["$inlinecount", "allpages"];
  const options: (readonly (string | undefined)[])[] = [
    ["$select", select?.join(",")],
    ["$expand", expand?.join(",")],
    ["$filter", filter && condition(filter)],
    ["$orderby", orderBy?.map(({ field, descending }) => `${field}${descending ? " desc" : ""}`).join(",")],
    ["$top", top?.toString()],
    ["$skip", skip?.toString()],
    ["$search", search],
    count ? counted : [],
  ];
  return options
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value ?? "")}`)
    .join("&");
}

function condition({ and, or, field, ...comparison }: ODataFilter): string {
  if (and) return and.map((one) => `(${condition(one)})`).join(" and ");
  if (or) return or.map((one) => `(${condition(one)})`).join(" or ");
  return Object.entries(comparison)
    .map(([operator, value]) => `${field} ${operator} ${literal(value)}`)
    .join(" and ");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
