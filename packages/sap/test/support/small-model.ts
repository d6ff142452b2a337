import type { ODataModel, ODataOperation, ODataType, ODataVersion } from "../../src/odata/model.js";

/** A type in a few words. */
interface SmallType {
  readonly keys: readonly string[];
  /** Edm type by property; anything else is not looked at by the client. */
  readonly properties: Readonly<Record<string, string>>;
  /** Target type (with `[]` for many) by navigation. */
  readonly navigations?: Readonly<Record<string, string>>;
}

/** A model in a few words, for tests that read no metadata. Each type has a set of its own name; names are in `Shop`. */
export function smallModel(
  version: ODataVersion,
  types: Readonly<Record<string, SmallType>>,
  operations: readonly ODataOperation[] = [],
  tracksChanges = false,
): ODataModel {
  const names = Object.keys(types);
  return {
    version,
    namespace: "Shop",
    types: new Map(Object.entries(types).map(([name, type]) => [`Shop.${name}`, toType(name, type)])),
    enumerations: new Map(),
    typeDefinitions: new Map(),
    entitySets: new Map(
      names.map((name) => [
        name,
        {
          name,
          kind: "set",
          type: `Shop.${name}`,
          isReadable: true,
          isCreatable: true,
          isUpdatable: true,
          isDeletable: true,
          tracksChanges,
          usesETags: false,
          bindings: new Map<string, string>(),
        },
      ]),
    ),
    operations,
  };
}

/** A parameter or property. */
export function property(name: string, type: string) {
  return {
    name,
    type,
    isCollection: false,
    isNullable: true,
    isCreatable: true,
    isUpdatable: true,
    isFilterable: true,
    isSortable: true,
    hasDefault: false,
    isConcurrencyToken: false,
  } as const;
}

function toType(name: string, { keys, properties, navigations = {} }: SmallType): ODataType {
  return {
    name: `Shop.${name}`,
    kind: "entity",
    keys,
    properties: new Map(Object.entries(properties).map(([name, type]) => [name, property(name, type)])),
    navigations: new Map(
      Object.entries(navigations).map(([name, target]) => [
        name,
        {
          name,
          type: `Shop.${target.replace("[]", "")}`,
          isCollection: target.endsWith("[]"),
          references: new Map<string, string>(),
        },
      ]),
    ),
    isOpen: false,
    hasStream: false,
  };
}
