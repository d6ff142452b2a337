import type { IFileLoader, ODataRequest, ServiceConfig } from "@sap-ux/fe-mockserver-core";
import type { SapState } from "../state.js";
import { ODataFailure } from "./failure.js";
import { renderEdmxV2 } from "./model/edmx-v2.js";
import { renderEdmxV4 } from "./model/edmx-v4.js";
import type { EntityModel, ServiceModel } from "./model/service-model.js";
import type { ExpandNode } from "./query/query-options.js";
import type { PathStep } from "./resource-path.js";
import { type Row, rowsOf } from "./rows.js";

/**
 * Finds entities: SAP's fe-mockserver-core holds the model read from `$metadata`, follows paths and expands.
 *
 * The rest is done here, because version 1.7 does it otherwise than a Gateway: its grammar of filters refuses doubled
 * apostrophes, decimals with `M` and GUIDs in capitals; it compares decimals and Int64 as doubles, and decimal text
 * never equals a number; it turns v2 keys such as `'0815'` into numbers and decodes them twice; it does not page, makes
 * no ETags (but for drafts), numbers, deferred links or JSON errors, and takes any CSRF token.
 */
export interface ReadEngine {
  /** The entities at the end of a path; `undefined` when a step before the last finds nothing. */
  find(service: ServiceModel, steps: readonly PathStep[], snapshot: Snapshot): Promise<FoundRow[] | undefined>;
  /** An entity with what its navigations lead to. */
  expand(
    service: ServiceModel,
    entity: EntityModel,
    row: Row,
    nodes: readonly ExpandNode[],
    snapshot: Snapshot,
  ): Promise<FoundRow>;
}

/** An entity with the ones that were brought along, by navigation. */
export interface FoundRow {
  row: Row;
  expanded: Record<string, FoundRow[] | FoundRow | null>;
}

/** The rows of each type as they are at one moment, built when first asked for. */
export class Snapshot {
  readonly #rows = new Map<string, Row[]>();
  readonly #state: SapState;

  constructor(state: SapState) {
    this.#state = state;
  }

  rowsOf(type: string): Row[] {
    const known = this.#rows.get(type);
    if (known !== undefined) return known;
    const rows = rowsOf(this.#state, type);
    this.#rows.set(type, rows);
    return rows;
  }
}

type DataAccess = ConstructorParameters<typeof ODataRequest>[1];

/** Loads fe-mockserver-core (a third of a second, so only now) and gives it the services' metadata. */
export async function createReadEngine(services: readonly ServiceModel[]): Promise<ReadEngine> {
  const mockserver = await import("@sap-ux/fe-mockserver-core");
  const snapshots = new WeakMap<ODataRequest, Snapshot>();
  const loader = new ModelLoader(services, snapshots);
  const provider = { loadMetadata: (path: string) => loader.loadFile(path), addI18nPath: () => undefined };
  // Never opened, so that no route of its own is ever reachable.
  const router = { use: () => router, get: () => router };
  const registry = new mockserver.ServiceRegistry(loader, provider, router);
  const configurations: ServiceConfig[] = services.map(({ root, id }) => ({
    urlPath: root,
    metadataPath: `${id}/metadata.xml`,
    mockdataPath: id,
    strictKeyMode: false,
  }));
  await registry.loadDefaultServices({ services: configurations, logger: silentLogger });

  const ask = async (
    service: ServiceModel,
    steps: readonly PathStep[],
    nodes: readonly ExpandNode[],
    snapshot: Snapshot,
  ) => {
    const access = registry.getService(service.root);
    if (!isDataAccess(access)) throw new Error(`${service.id} was not loaded.`);
    const request = new mockserver.ODataRequest({ url: "/", method: "GET" }, access);
    snapshots.set(request, snapshot);
    request.queryPath = steps.map(({ name, keys }) => ({ path: name, keys: toKeys(keys) }));
    request.expandProperties = toExpand(nodes);
    const data: unknown = await access.getData(request);
    return data;
  };
  return {
    find: async (service, steps, snapshot) => {
      const data = await ask(service, steps, [], snapshot);
      if (data === null || data === undefined) return undefined;
      const rows = Array.isArray(data) ? data : [data];
      const entity = steps.at(-1)?.entity;
      return entity === undefined ? undefined : rows.map((row) => toFound(entity, row, []));
    },
    expand: async (service, entity, row, nodes, snapshot) => {
      if (nodes.length === 0) return { row, expanded: {} };
      const keys = Object.fromEntries(entity.keys.map((name) => [name, row[name] ?? ""]));
      const data = await ask(service, [{ name: entity.set, entity, keys }], nodes, snapshot);
      return data === null || data === undefined ? { row, expanded: {} } : toFound(entity, data, nodes);
    },
  };
}

/** Gives fe-mockserver-core the metadata and the rows where it expects files. */
class ModelLoader implements IFileLoader {
  readonly #services: readonly ServiceModel[];
  readonly #snapshots: WeakMap<ODataRequest, Snapshot>;

  constructor(services: readonly ServiceModel[], snapshots: WeakMap<ODataRequest, Snapshot>) {
    this.#services = services;
    this.#snapshots = snapshots;
  }

  async loadFile(path: string): Promise<string> {
    const service = this.#services.find(({ id }) => path === `${id}/metadata.xml`);
    if (service === undefined) throw new Error(`There is no ${path}.`);
    return service.version === "2.0" ? renderEdmxV2(service) : renderEdmxV4(service);
  }

  loadFileSync(path: string): string {
    throw new Error(`${path} is not read at once.`);
  }

  async exists(path: string): Promise<boolean> {
    return path.endsWith(".js") && this.#entityAt(path) !== undefined;
  }

  existsSync(): boolean {
    return false;
  }

  syncSupported(): boolean {
    return false;
  }

  async loadJS(path: string): Promise<object> {
    const entity = this.#entityAt(path);
    if (entity === undefined) throw new Error(`There is no ${path}.`);
    const rows = (request: ODataRequest): Row[] => this.#snapshots.get(request)?.rowsOf(entity.type) ?? [];
    return {
      getInitialDataSet: () => [],
      // Without this an empty set would be answered with an invented entity.
      hasEntries: () => true,
      getAllEntries: async (request: ODataRequest) => rows(request),
      fetchEntries: (keys: Row, request: ODataRequest) =>
        rows(request).filter((row) => Object.entries(keys).every(([name, value]) => row[name] === value)),
    };
  }

  #entityAt(path: string): EntityModel | undefined {
    const [, id, set] = /^([^/\\]+)[/\\](\w+)\.js$/.exec(path) ?? [];
    return this.#services.find((service) => service.id === id)?.entities.find((entity) => entity.set === set);
  }
}

const silentLogger = createSilentLogger();

function createSilentLogger() {
  const nothing = (): void => undefined;
  return {
    error: nothing,
    info: nothing,
    warn: nothing,
    verbose: nothing,
    perf: nothing,
    silly: nothing,
    debug: nothing,
  };
}

function isDataAccess(value: unknown): value is DataAccess {
  return typeof value === "object" && value !== null && "getData" in value && "log" in value;
}

function toKeys(keys: Row | undefined): Record<string, string | number | boolean> {
  const entries = Object.entries(keys ?? {}).map(([name, value]) => [name, value ?? ""] as const);
  return Object.fromEntries(entries);
}

function toExpand(nodes: readonly ExpandNode[]): ODataRequest["expandProperties"] {
  return Object.fromEntries(
    nodes.map(({ navigation, options }) => [
      navigation.name,
      { expand: toExpand(options.expand), properties: { "*": true } },
    ]),
  );
}

/** Takes an answer apart: it may have v2's `results` in it, and metadata that we write ourselves. */
function toFound(entity: EntityModel, data: unknown, nodes: readonly ExpandNode[]): FoundRow {
  if (typeof data !== "object" || data === null) throw new ODataFailure(500, "SY/530", "The entity cannot be read");
  const values = new Map<string, unknown>(Object.entries(data));
  const row: Row = {};
  for (const { name } of entity.properties) {
    const value = values.get(name);
    const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    row[name] = isPlain ? value : null;
  }
  const expanded = nodes.map((node) => {
    const value = unwrap(values.get(node.navigation.name));
    const inner = (item: unknown): FoundRow => toFound(node.entity, item, node.options.expand);
    if (Array.isArray(value)) return [node.navigation.name, value.map(inner)] as const;
    return [node.navigation.name, value === null || value === undefined ? null : inner(value)] as const;
  });
  return { row, expanded: Object.fromEntries(expanded) };
}

function unwrap(value: unknown): unknown {
  return typeof value === "object" && value !== null && "results" in value ? value.results : value;
}
