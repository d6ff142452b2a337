import type { EntityDescription, EntityField, EntitySummary } from "@isthmus/core";
import type { ODataEntitySet, ODataModel, ODataNavigation, ODataProperty, ODataType } from "./model.js";
import { findType } from "./model-lookup.js";
import { resolveType } from "./values/edm-types.js";

/** An entity set as a list of entities names it. */
export function summarizeEntity(set: ODataEntitySet): EntitySummary {
  return {
    name: set.name,
    label: set.label ?? set.name,
    readable: set.isReadable,
    creatable: set.isCreatable,
    updatable: set.isUpdatable,
    deletable: set.isDeletable,
    custom: isCustom(set.name),
  };
}

/** An entity set with its properties, then its navigations: those have the type of what they lead to. */
export function describeEntity(model: ODataModel, set: ODataEntitySet): EntityDescription {
  const type = findType(model, set.type);
  const sets = [...model.entitySets.values()].filter(({ kind }) => kind === "set");
  const byType = Map.groupBy(sets, (each) => each.type);
  const findTargets: FindTargets = ({ name, type: target }) => {
    // Where the metadata does not say which set it is, every set of the type may be it.
    const bound = set.bindings.get(name);
    return bound === undefined ? (byType.get(target) ?? []).map((each) => each.name) : [bound];
  };
  const foreignKeys = foreignKeysOf(type, findTargets);
  return {
    ...summarizeEntity(set),
    fields: [
      ...[...type.properties.values()].map((property) => describeProperty(model, set, type, property, foreignKeys)),
      ...[...type.navigations.values()].map((navigation) => describeNavigation(model, set, navigation, findTargets)),
    ],
  };
}

/** Customers' own names begin with Y or Z, those of key users' extensions with `YY1_`; SAP's do not. */
function isCustom(name: string): boolean {
  return /^[YZ][A-Z\d_]/.test(name);
}

function describeProperty(
  model: ODataModel,
  set: ODataEntitySet,
  type: ODataType,
  property: ODataProperty,
  foreignKeys: ReadonlyMap<string, readonly string[]>,
): EntityField {
  const resolved = resolveType(model, property);
  const isKey = type.keys.includes(property.name);
  const isOnlyKey = isKey && type.keys.length === 1;
  const values = property.allowedValues ?? [...(model.enumerations.get(property.type)?.members.keys() ?? [])];
  const maxLength = resolved?.name === "Edm.String" ? resolved.facets.maxLength : undefined;
  const references = foreignKeys.get(property.name);
  const creatable = set.isCreatable && property.isCreatable;
  return {
    name: property.name,
    label: property.label ?? property.name,
    type: property.isCollection ? `Collection(${property.type})` : property.type,
    required: creatable && isDemanded(model, property, isKey),
    creatable,
    updatable: set.isUpdatable && property.isUpdatable && !isKey,
    unique: isOnlyKey,
    externalId: isOnlyKey,
    ...(maxLength !== undefined && { maxLength }),
    ...(values.length > 0 && { values }),
    ...(references && { references }),
  };
}

/**
 * v2 calls every key not nullable, those that SAP numbers itself too, and fills other fields with ABAP's initial values: there its
 * metadata demands nothing. In v4 what is not nullable and has no default has to be given.
 */
function isDemanded({ version }: ODataModel, property: ODataProperty, isKey: boolean): boolean {
  return version === "v4" && (isKey || !property.isNullable) && !property.hasDefault && !property.isCollection;
}

function describeNavigation(
  model: ODataModel,
  set: ODataEntitySet,
  navigation: ODataNavigation,
  findTargets: FindTargets,
): EntityField {
  const references = findTargets(navigation);
  return {
    name: navigation.name,
    label: model.types.get(navigation.type)?.label ?? navigation.name,
    type: navigation.isCollection ? `Collection(${navigation.type})` : navigation.type,
    required: false,
    creatable: set.isCreatable,
    updatable: false,
    unique: false,
    externalId: false,
    ...(references.length > 0 && { references }),
  };
}

/** The sets that a navigation leads to. */
type FindTargets = (navigation: ODataNavigation) => readonly string[];

/** Which sets each foreign key points to. */
function foreignKeysOf(type: ODataType, findTargets: FindTargets): ReadonlyMap<string, readonly string[]> {
  const found = [...type.navigations.values()].flatMap((navigation) =>
    [...navigation.references.keys()].flatMap((name) => findTargets(navigation).map((target) => ({ name, target }))),
  );
  const grouped = Map.groupBy(found, ({ name }) => name);
  return new Map([...grouped].map(([name, all]) => [name, [...new Set(all.map(({ target }) => target))]]));
}
