import type { EntityBatch, EntityChange, EntityCursor } from "@isthmus/core";
import type { CustomConfigurationInput, CustomConnector } from "../src/index.js";

type EntityInput = NonNullable<CustomConfigurationInput["entities"]>[number];

/** A configuration of one entity, `items`. */
export function itemsEntity(list: Partial<EntityInput["list"]>, rest: Partial<EntityInput> = {}): EntityInput {
  return { name: "items", id: "/id", list: { path: "/items", records: "/items", ...list }, ...rest };
}

/** What one reading gave. */
export interface Reading {
  readonly batches: readonly EntityBatch[];
  readonly changes: readonly EntityChange[];
  readonly ids: readonly string[];
  readonly cursor: EntityCursor | undefined;
}

/** Reads `items` to the end. Every cursor goes through JSON, as a stored one does. */
export async function readItems(connector: CustomConnector, cursor?: EntityCursor, entity = "items"): Promise<Reading> {
  const batches: EntityBatch[] = [];
  const stored: EntityCursor | undefined = cursor && JSON.parse(JSON.stringify(cursor));
  for await (const batch of connector.entities.read(entity, stored, new AbortController().signal)) batches.push(batch);
  const changes = batches.flatMap((batch) => batch.changes);
  return { batches, changes, ids: changes.map(({ id }) => id), cursor: batches.at(-1)?.cursor };
}
