import {
  type Clock,
  type EntityDescription,
  type EntityField,
  type EntitySource,
  type EntitySummary,
  NotFoundError,
} from "@isthmus/core";
import type { ApiClient } from "../api-client.js";
import type { CustomConfiguration } from "../options/configuration.js";
import type { EntityConfiguration } from "../options/entity-options.js";
import { isObject } from "../schemas/check-schema.js";
import { createRecordWriter } from "../writes/record-writer.js";
import { startAt } from "./read-cursor.js";
import { readEntity } from "./read-entity.js";

/** Lists of records; `writer` where the configuration says of one of them at least how its records are written. */
export type ConfiguredEntities = Required<Omit<EntitySource, "subscribe" | "count" | "writer">> &
  Pick<EntitySource, "writer">;

/** The lists of records that a configuration names. */
export function createEntitySource(
  connector: ApiClient,
  { entities }: CustomConfiguration,
  clock: Clock,
): ConfiguredEntities {
  const find = (name: string): EntityConfiguration => {
    const entity = entities.find((each) => each.name === name);
    if (entity) return entity;
    const names = entities.map((each) => each.name).join(", ") || "none";
    throw new NotFoundError(`This connector has no entity of that name. It has: ${names}.`);
  };
  return {
    list: async () => entities.map(toSummary),
    describe: async (name): Promise<EntityDescription> => {
      const entity = find(name);
      return { ...toSummary(entity), fields: toFields(entity) };
    },
    startAt: async (name, sinceMs) => startAt(find(name), sinceMs),
    read: (name, cursor, signal) => readEntity({ connector, entity: find(name), clock, signal }, cursor),
    ...(entities.some(({ write }) => write !== undefined) && { writer: createRecordWriter(connector, find) }),
  };
}

function toSummary(entity: EntityConfiguration): EntitySummary {
  const { name, label } = entity;
  return { name, label: label ?? name, readable: true, ...abilitiesOf(entity), custom: false };
}

/** What operations do, as the configuration says, and what is written back. */
function abilitiesOf({ creatable, updatable, deletable, write }: EntityConfiguration) {
  return {
    creatable: creatable || write?.create !== undefined,
    updatable: updatable || write?.update !== undefined,
    deletable: deletable || write?.delete !== undefined,
  };
}

/** The properties of the record's schema; none where the configuration has no schema. */
function toFields(entity: EntityConfiguration): EntityField[] {
  const { schema = {}, id } = entity;
  const { creatable, updatable } = abilitiesOf(entity);
  const { properties, required } = schema;
  const names = new Set(Array.isArray(required) ? required : []);
  return Object.entries(isObject(properties) ? properties : {}).map(([name, property]) => {
    const field = isObject(property) ? property : {};
    const isId = id === `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const isWritable = field.readOnly !== true && !isId;
    return {
      name,
      label: typeof field.title === "string" ? field.title : name,
      type: typeName(field),
      required: names.has(name) && isWritable && creatable,
      creatable: isWritable && creatable,
      updatable: isWritable && updatable,
      unique: isId,
      externalId: false,
      ...(typeof field.maxLength === "number" && { maxLength: field.maxLength }),
      ...(Array.isArray(field.enum) && { values: field.enum.map(String) }),
    };
  });
}

/** A format says more than "string"; a choice has no type of its own. */
function typeName({ format, type }: Readonly<Record<string, unknown>>): string {
  if (typeof format === "string") return format;
  const types = (Array.isArray(type) ? type : [type]).filter((each) => typeof each === "string" && each !== "null");
  return types.join("|") || "any";
}
