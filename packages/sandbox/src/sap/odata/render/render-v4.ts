import { type EntityModel, type ServiceModel, targetOf } from "../model/service-model.js";
import type { QueryOptions } from "../query/query-options.js";
import type { Page } from "../read.js";
import type { FoundRow } from "../read-engine.js";
import { etagOf } from "./etag.js";
import { renderValueV4 } from "./values.js";

/** What a v4 body is written with. */
export interface RenderV4 {
  service: ServiceModel;
  /** Whether decimals and Int64 are texts. */
  ieee754: boolean;
}

type Selection = Pick<QueryOptions, "select" | "expand">;

/** One entity; the caller adds the context at the outermost. */
export function renderEntityV4(to: RenderV4, entity: EntityModel, found: FoundRow, options: Selection): object {
  const etag = etagOf(to.service, entity, found.row);
  const properties = entity.properties
    .filter(({ name }) => options.select === undefined || options.select.has(name))
    .map((property) => [property.name, renderValueV4(property, found.row[property.name], to.ieee754)]);
  const navigations = options.expand.flatMap(({ navigation, options: inner }) => {
    const value = found.expanded[navigation.name] ?? null;
    const target = targetOf(to.service, navigation);
    const render = (item: FoundRow): object => renderEntityV4(to, target, item, inner);
    if (!Array.isArray(value)) return [[navigation.name, value === null ? null : render(value)]];
    const count = inner.count ? [[`${navigation.name}@odata.count`, renderCount(to, value.length)]] : [];
    return [...count, [navigation.name, value.map(render)]];
  });
  return {
    ...(etag !== undefined && { "@odata.etag": etag }),
    ...Object.fromEntries(properties),
    ...Object.fromEntries(navigations),
  };
}

/** A page with its context; `nextLink` is relative to the request, as the Gateway's is. */
export function renderPageV4(
  to: RenderV4,
  entity: EntityModel,
  page: Page,
  options: QueryOptions,
  nextLink: string | undefined,
): object {
  return {
    "@odata.context": `$metadata#${entity.set}${contextOf(options)}`,
    "@odata.metadataEtag": metadataEtag,
    ...(options.count && { "@odata.count": renderCount(to, page.total) }),
    value: page.rows.map((row) => renderEntityV4(to, entity, row, options)),
    ...(nextLink !== undefined && { "@odata.nextLink": nextLink }),
  };
}

/** One entity with its context. */
export function renderSingleV4(to: RenderV4, entity: EntityModel, found: FoundRow, options: Selection): object {
  return {
    "@odata.context": `$metadata#${entity.set}${contextOf(options)}/$entity`,
    "@odata.metadataEtag": metadataEtag,
    ...renderEntityV4(to, entity, found, options),
  };
}

/** The model does not change while the sandbox runs. */
const metadataEtag = 'W/"20260101000000"';

/** A count is an Int64, and written like one. */
function renderCount({ ieee754 }: RenderV4, count: number): number | string {
  return ieee754 ? String(count) : count;
}

function contextOf({ select, expand }: Selection): string {
  const parts = [...(select ?? []), ...expand.map(({ navigation }) => `${navigation.name}()`)];
  return parts.length === 0 ? "" : `(${parts.join(",")})`;
}
