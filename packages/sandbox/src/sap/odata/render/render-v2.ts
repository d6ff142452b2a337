import { type EntityModel, entityOfType, type ServiceModel, targetOf } from "../model/service-model.js";
import type { QueryOptions } from "../query/query-options.js";
import type { Page } from "../read.js";
import type { FoundRow } from "../read-engine.js";
import { etagOf } from "./etag.js";
import { renderKeys, renderValueV2 } from "./values.js";

/** What a v2 body is written with. */
export interface RenderV2 {
  service: ServiceModel;
  /** The service's root as the caller reached it, with `/` at the end. */
  rootUrl: string;
}

type Selection = Pick<QueryOptions, "select" | "expand">;

/** `d` of one entity, with its metadata, and deferred links where nothing was expanded. */
export function renderEntityV2(to: RenderV2, entity: EntityModel, found: FoundRow, options: Selection): object {
  const { service, rootUrl } = to;
  const uri = `${rootUrl}${entity.set}(${renderKeys(entity.keys, found.row)})`;
  const etag = etagOf(service, entity, found.row);
  const isSelected = (name: string): boolean => options.select === undefined || options.select.has(name);
  const properties = entity.properties
    .filter(({ name }) => isSelected(name))
    .map((property) => [property.name, renderValueV2(property, found.row[property.name])]);
  // In v2 what is expanded has to be selected too, where anything is selected at all.
  const navigations = entity.navigations
    .filter(({ name }) => isSelected(name))
    .flatMap((navigation) => {
      const node = options.expand.find((candidate) => candidate.navigation.name === navigation.name);
      if (node === undefined) return [[navigation.name, { __deferred: { uri: `${uri}/${navigation.name}` } }]];
      const inner = found.expanded[navigation.name] ?? null;
      const render = (item: FoundRow): object => renderEntityV2(to, targetOf(service, navigation), item, node.options);
      const value = Array.isArray(inner) ? { results: inner.map(render) } : inner === null ? null : render(inner);
      return [[navigation.name, value]];
    });
  const metadata = { id: uri, uri, type: `${service.namespace}.${entity.type}`, ...(etag !== undefined && { etag }) };
  return { __metadata: metadata, ...Object.fromEntries(properties), ...Object.fromEntries(navigations) };
}

/** `d` of a page; `nextUrl` leads to the following one. */
export function renderPageV2(
  to: RenderV2,
  entity: EntityModel,
  page: Page,
  options: QueryOptions,
  nextUrl: string | undefined,
): object {
  return {
    ...(options.count && { __count: String(page.total) }),
    results: page.rows.map((row) => renderEntityV2(to, entity, row, options)),
    ...(nextUrl !== undefined && { __next: nextUrl }),
  };
}

/** What a new entity is answered with: in full, and with whatever was sent along. */
export function everythingOf(service: ServiceModel, entity: EntityModel, sent: readonly string[]): Selection {
  const expand = entity.navigations
    .filter(({ name }) => sent.includes(name))
    .map((navigation) => ({
      navigation,
      entity: entityOfType(service, navigation.target),
      options: emptyOptions,
    }));
  return { select: undefined, expand };
}

/** No option at all. */
export const emptyOptions: QueryOptions = {
  filter: undefined,
  orderBy: [],
  select: undefined,
  expand: [],
  skip: 0,
  top: undefined,
  count: false,
  search: undefined,
  skipToken: 0,
};
