import type { EntityDescription, EntitySource, EntitySummary } from "@isthmus/core";
import { inactiveOf } from "../entity-reading.js";
import { quickbooksQuery } from "../query-language.js";
import type { QuickbooksConnector } from "../quickbooks-connector.js";
import { createRecordWriter } from "../writes/record-writer.js";
import { describeFields } from "./describe-fields.js";
import { type EntityTraits, entityNames, traitsOf } from "./traits.js";

/** Records that are looked at to tell the fields of an entity: QuickBooks has no call that describes them. */
const sampleSize = 100;

/** The company's records as entities. */
export function createEntitySource(connector: QuickbooksConnector): EntitySource {
  return {
    list: async () => entityNames.map((name) => toSummary(traitsOf(name))),
    async describe(entity, signal): Promise<EntityDescription> {
      const traits = traitsOf(entity);
      const sample = await connector.sample(traits.name, sampleSize, { signal });
      return { ...toSummary(traits), fields: describeFields(traits, sample) };
    },
    startAt: async (entity, sinceMs) => connector.changesFrom(traitsOf(entity).name, sinceMs),
    async count(entity, sinceMs, signal) {
      const traits = traitsOf(entity);
      if (traits.kind === "singleton") return 1;
      const since = quickbooksQuery`MetaData.LastUpdatedTime >= ${new Date(sinceMs ?? 0).toISOString()}`;
      return connector.count(traits.name, `${since} ${inactiveOf(traits)}`, { signal });
    },
    writer: createRecordWriter(connector),
    read: (entity, cursor, signal) => connector.changes(traitsOf(entity).name, cursor, signal),
  };
}

function toSummary({ name, create, update, delete: removal }: EntityTraits): EntitySummary {
  return {
    name,
    label: name.replace(/(?<=[a-z])(?=[A-Z])/g, " "),
    readable: true,
    creatable: create,
    updatable: update,
    deletable: removal !== false,
    custom: false,
  };
}
