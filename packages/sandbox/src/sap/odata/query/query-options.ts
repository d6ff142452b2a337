import { malformed, ODataFailure } from "../failure.js";
import { type EntityModel, type NavigationModel, type ServiceModel, targetOf } from "../model/service-model.js";
import { type Expression, parseFilter } from "./parse-filter.js";
import { splitOutside } from "./split.js";

/** What a request wants of its entities. */
export interface QueryOptions {
  filter: Expression | undefined;
  orderBy: { path: string; descending: boolean }[];
  /** Property and navigation names, or `undefined` for all. */
  select: ReadonlySet<string> | undefined;
  expand: ExpandNode[];
  skip: number;
  top: number | undefined;
  count: boolean;
  search: string | undefined;
  /** How many records earlier pages have brought. */
  skipToken: number;
}

/** A navigation to be brought along. */
export interface ExpandNode {
  navigation: NavigationModel;
  entity: EntityModel;
  options: QueryOptions;
}

const systemOptions = {
  "2.0": [
    "$filter",
    "$orderby",
    "$select",
    "$expand",
    "$skip",
    "$top",
    "$inlinecount",
    "$skiptoken",
    "$format",
    "search",
  ],
  "4.0": ["$filter", "$orderby", "$select", "$expand", "$skip", "$top", "$count", "$skiptoken", "$format", "$search"],
} as const;

/** Expands inside each other. */
const maximumDepth = 8;

/** Reads the system query options of a request. @throws {ODataFailure} 400 for what is wrong, 501 for `$apply`. */
export function parseQueryOptions(service: ServiceModel, entity: EntityModel, query: URLSearchParams): QueryOptions {
  const known: readonly string[] = systemOptions[service.version];
  for (const name of query.keys()) {
    if (name === "$apply")
      throw new ODataFailure(501, "/IWBEP/CM_V4_MED/024", "Aggregation is not part of the sandbox");
    if (name.startsWith("$") && !known.includes(name)) throw malformed(`The query option '${name}' is invalid`);
  }
  const given = Object.fromEntries(query.entries());
  const options = readOptions(service, entity, given, 0);
  if (service.version === "2.0") assertInlineCount(given.$inlinecount);
  return {
    ...options,
    count: service.version === "2.0" ? given.$inlinecount === "allpages" : options.count,
    search: given.search ?? given.$search,
    skipToken: readNumber("$skiptoken", given.$skiptoken) ?? 0,
  };
}

function readOptions(
  service: ServiceModel,
  entity: EntityModel,
  given: Record<string, string>,
  depth: number,
): QueryOptions {
  if (depth > maximumDepth) throw malformed("The expand option is nested too deep");
  const select = readList(given.$select);
  return {
    filter: given.$filter === undefined || given.$filter.trim() === "" ? undefined : parseFilter(given.$filter),
    orderBy: readOrderBy(service, entity, given.$orderby),
    select: readSelect(entity, select),
    expand:
      service.version === "2.0"
        ? readExpandV2(service, entity, readList(given.$expand), select, depth)
        : readExpandV4(service, entity, given.$expand, depth),
    skip: readNumber("$skip", given.$skip) ?? 0,
    top: readNumber("$top", given.$top),
    count: given.$count === "true",
    search: undefined,
    skipToken: 0,
  };
}

function readOrderBy(service: ServiceModel, entity: EntityModel, text: string | undefined): QueryOptions["orderBy"] {
  return readList(text).map((part) => {
    const [path = "", direction = "asc", ...others] = part.split(/\s+/);
    if (others.length > 0 || !["asc", "desc"].includes(direction)) throw malformed(`Invalid order '${part}'`);
    assertProperty(service, entity, path.split("/"));
    return { path, descending: direction === "desc" };
  });
}

function assertProperty(service: ServiceModel, entity: EntityModel, path: string[]): void {
  const [name = "", ...rest] = path;
  const navigation = entity.navigations.find((candidate) => candidate.name === name);
  if (navigation !== undefined && !navigation.many && rest.length > 0) {
    assertProperty(service, targetOf(service, navigation), rest);
    return;
  }
  const isThere = entity.properties.some((property) => property.name === name);
  if (!isThere || rest.length > 0) throw malformed(`Property ${name} not found in type ${entity.type}`);
}

function readSelect(entity: EntityModel, paths: string[]): ReadonlySet<string> | undefined {
  if (paths.length === 0 || paths.includes("*")) return undefined;
  const names = paths.map((path) => path.split("/")[0] ?? "");
  for (const name of names) {
    if (![...entity.properties, ...entity.navigations].some((candidate) => candidate.name === name)) {
      throw malformed(`Property ${name} not found in type ${entity.type}`);
    }
  }
  return new Set(names);
}

/** `to_A/to_B,to_C`, with the selection in the outer `$select` (`to_A/Name`). */
function readExpandV2(
  service: ServiceModel,
  entity: EntityModel,
  paths: string[],
  select: string[],
  depth: number,
): ExpandNode[] {
  const groups = Map.groupBy(paths, (path) => path.split("/")[0] ?? "");
  return [...groups].map(([name, group]) => {
    const { navigation, target } = follow(service, entity, name);
    const below = (all: string[]): string[] =>
      all.filter((path) => path.startsWith(`${name}/`)).map((path) => path.slice(name.length + 1));
    const inner = readOptions(service, target, {}, depth + 1);
    const own = below(select);
    const expand = readExpandV2(service, target, below(group), own, depth + 1);
    return { navigation, entity: target, options: { ...inner, select: readSelect(target, own), expand } };
  });
}

/** `_A($select=Name;$expand=_B),_C` */
function readExpandV4(
  service: ServiceModel,
  entity: EntityModel,
  text: string | undefined,
  depth: number,
): ExpandNode[] {
  if (text === undefined || text.trim() === "") return [];
  return splitOutside(text, ",").map((part) => {
    const [, name = "", inside] = /^\s*(\w+)\s*(?:\((.*)\))?\s*$/s.exec(part) ?? [];
    const { navigation, target } = follow(service, entity, name);
    const given = Object.fromEntries(
      (inside === undefined ? [] : splitOutside(inside, ";")).map((option) => {
        const cut = option.indexOf("=");
        return [option.slice(0, cut).trim(), option.slice(cut + 1)];
      }),
    );
    return { navigation, entity: target, options: readOptions(service, target, given, depth + 1) };
  });
}

function follow(
  service: ServiceModel,
  entity: EntityModel,
  name: string,
): { navigation: NavigationModel; target: EntityModel } {
  const navigation = entity.navigations.find((candidate) => candidate.name === name);
  if (navigation === undefined) throw malformed(`Navigation property ${name} not found in type ${entity.type}`);
  return { navigation, target: targetOf(service, navigation) };
}

function readList(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw malformed(`Invalid value '${text}' for the query option '${name}'`);
  return Number(text);
}

function assertInlineCount(value: string | undefined): void {
  if (value !== undefined && !["allpages", "none"].includes(value)) {
    throw malformed(`Invalid value '${value}' for the query option '$inlinecount'`);
  }
}
