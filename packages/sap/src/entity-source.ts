import { type EntityDescription, type EntitySource, type EntitySummary, NotFoundError } from "@isthmus/core";
import { createCodec } from "./odata/codec.js";
import { describeEntity, summarizeEntity } from "./odata/describe-entity.js";
import type { OpenService } from "./odata/odata-services.js";
import { createRecordWriter } from "./writes/record-writer.js";

/** The part of a connector that knows its OData services. */
export interface ServiceHolder {
  readonly serviceNames: readonly string[];
  openService(name: string): Promise<OpenService>;
}

/** The entity sets of every configured OData service, each by its service's name and its own: `business-partners/A_Customer`. */
export function createEntitySource(connector: ServiceHolder): EntitySource {
  return {
    async list(): Promise<readonly EntitySummary[]> {
      const services = await Promise.all(
        connector.serviceNames.map(async (name) => ({ name, ...(await connector.openService(name)) })),
      );
      return services.flatMap(({ name, model }) =>
        [...model.entitySets.values()].map((set) => ({ ...summarizeEntity(set), name: `${name}/${set.name}` })),
      );
    },
    async describe(entity): Promise<EntityDescription> {
      const { model, set } = await find(connector, entity);
      return { ...describeEntity(model, set), name: entity };
    },
    async *read(entity, cursor, signal) {
      const { service, set, changes } = await find(connector, entity);
      yield* service.changes(set.name, cursor, { ...changes, signal });
    },
    async startAt(entity, sinceMs) {
      const { service, set, changes } = await find(connector, entity);
      return service.changesFrom(set.name, sinceMs, changes);
    },
    async count(entity, sinceMs, signal) {
      const { service, set } = await find(connector, entity);
      // Whether a set can be filtered is known to itself only: an estimate is not worth a refusal.
      return sinceMs === undefined ? service.count(set.name, {}, { signal }) : undefined;
    },
    writer: createRecordWriter(async (entity) => {
      const { service, model, set } = await find(connector, entity);
      return { service, words: { model, codec: createCodec(model) }, set: set.name };
    }),
  };
}

async function find(connector: ServiceHolder, entity: string) {
  const [name = "", setName = "", ...rest] = entity.split("/");
  const opened: OpenService | undefined =
    rest.length === 0 && connector.serviceNames.includes(name) ? await connector.openService(name) : undefined;
  const set = opened?.model.entitySets.get(setName);
  if (opened && set) {
    const { timestamp, tracksChanges } = opened.settings.changes[set.name] ?? {};
    const changes = {
      ...(timestamp !== undefined && { timestamp }),
      ...(tracksChanges !== undefined && { tracksChanges }),
    };
    return { ...opened, set, changes };
  }
  throw new NotFoundError(
    "There is no such entity. Its name is that of a configured service, a slash, and an entity set.",
  );
}
