import { ValidationError } from "@isthmus/core";
import { entityTable } from "./entity-table.js";

/** Name of an entity as Intuit spells it. */
export type EntityName = keyof typeof entityTable;

/** What QuickBooks offers for the records of an entity. */
export type EntityTraits = (typeof entityTable)[EntityName];

/** Every entity that this package knows. */
export const entityNames = Object.keys(entityTable) as readonly EntityName[];

const byLowerCase = new Map(entityNames.map((name) => [name.toLowerCase(), name]));

/** @throws {ValidationError} naming the entities that there are. */
export function traitsOf(entity: string): EntityTraits {
  const name = byLowerCase.get(entity.toLowerCase());
  if (name === entity) return entityTable[name];
  const hint = name === undefined ? `There are: ${entityNames.join(", ")}.` : `Do you mean ${name}?`;
  throw new ValidationError(`QuickBooks has no entity of this name. ${hint}`, [
    { path: "entity", message: "must be the name of an entity" },
  ]);
}

/** The entity's name whatever the case, as webhooks spell it; as it is for one that this package does not know. */
export function toEntityName(name: string): string {
  return byLowerCase.get(name.toLowerCase()) ?? name;
}
