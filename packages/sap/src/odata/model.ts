/** Which OData protocol a service speaks. Versions 1 to 3 are read as `v2`, 4.0 and 4.01 as `v4`. */
export type ODataVersion = "v2" | "v4";

/** Limits that metadata puts on a value. What it does not state is not checked: the service is the judge of it. */
export interface ODataFacets {
  /** In characters or bytes. */
  readonly maxLength?: number;
  /** Significant digits of a decimal, or decimal places of the seconds of a time. */
  readonly precision?: number;
  /** Decimal places of a decimal. Missing: any, or unstated. */
  readonly scale?: number;
}

/** A property of an entity or complex type, or a parameter. */
export interface ODataProperty extends ODataFacets {
  readonly name: string;
  /** `Edm.Decimal`, or the qualified name of a complex, enumeration or type definition. A collection's is of one item. */
  readonly type: string;
  readonly isCollection: boolean;
  readonly isNullable: boolean;
  /** Whether the service fills it where it is not given: a default value, or `Core.ComputedDefaultValue`. */
  readonly hasDefault: boolean;
  /** For people: `sap:label`, or the annotation `Common.Label`. */
  readonly label?: string;
  /** The values of a choice (`Validation.AllowedValues`). */
  readonly allowedValues?: readonly string[];
  /** Whether it may be given when an entity is created. Default true. */
  readonly isCreatable: boolean;
  /** Whether it may be changed later. Default true. */
  readonly isUpdatable: boolean;
  /** Whether conditions may name it. Default true. */
  readonly isFilterable: boolean;
  /** Whether an order may name it. Default true. */
  readonly isSortable: boolean;
  /** Whether the ETag is made of it (`ConcurrencyMode="Fixed"`). */
  readonly isConcurrencyToken: boolean;
}

/** A property that leads to other entities. */
export interface ODataNavigation {
  readonly name: string;
  /** Qualified name of the entity type that it leads to. */
  readonly type: string;
  readonly isCollection: boolean;
  /** Foreign keys: own property → property of the other entity. */
  readonly references: ReadonlyMap<string, string>;
}

/** An entity type or a complex type, with what it inherits. */
export interface ODataType {
  /** Qualified by its namespace, never by an alias. */
  readonly name: string;
  readonly kind: "entity" | "complex";
  /** Qualified name of the type that it extends. */
  readonly baseType?: string;
  /** Names of the key properties, in the order of the metadata. Empty for a complex type. */
  readonly keys: readonly string[];
  readonly properties: ReadonlyMap<string, ODataProperty>;
  readonly navigations: ReadonlyMap<string, ODataNavigation>;
  readonly label?: string;
  /** Whether unknown properties may appear. */
  readonly isOpen: boolean;
  /** Whether its content is a stream (`m:HasStream`). */
  readonly hasStream: boolean;
}

/** Names that stand for numbers. */
export interface ODataEnumeration {
  /** Member → value, a whole number as text. */
  readonly members: ReadonlyMap<string, string>;
  /** Whether a value may be several members at once, separated by commas. */
  readonly isFlags: boolean;
}

/** A primitive type under a name of its own. */
export interface ODataTypeDefinition extends ODataFacets {
  /** `Edm.…` */
  readonly type: string;
}

/** A set of entities, or a single one. */
export interface ODataEntitySet {
  readonly name: string;
  readonly kind: "set" | "singleton";
  /** Qualified name of its entity type. */
  readonly type: string;
  readonly label?: string;
  /** Whether it may be read by its own name (`sap:addressable`, `ReadRestrictions`). */
  readonly isReadable: boolean;
  readonly isCreatable: boolean;
  readonly isUpdatable: boolean;
  readonly isDeletable: boolean;
  /** Whether the service tracks changes of it (delta links). */
  readonly tracksChanges: boolean;
  /** Whether changes need the entity's ETag, where the metadata says so. */
  readonly usesETags: boolean;
  /** Which set a navigation (or a path of them) leads to. */
  readonly bindings: ReadonlyMap<string, string>;
}

/** A function import of v2, or a function or action of v4. */
export interface ODataOperation {
  /** Name to call it by: of the import where it is unbound, qualified by its namespace where it is bound. */
  readonly name: string;
  /** A function reads, an action may change. In v2, by its method. */
  readonly kind: "function" | "action";
  /** v2: `m:HttpMethod`. v4: GET for a function, POST for an action. */
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "MERGE" | "DELETE";
  readonly label?: string;
  /** The parameters that a caller gives; the binding one is not among them. */
  readonly parameters: readonly ODataProperty[];
  /** Qualified type that it is bound to. Missing: unbound. */
  readonly boundTo?: { readonly type: string; readonly isCollection: boolean };
  /** What it gives. Missing: nothing. */
  readonly returns?: { readonly type: string; readonly isCollection: boolean; readonly entitySet?: string };
}

/** What a service offers, read from its `$metadata`. */
export interface ODataModel {
  readonly version: ODataVersion;
  /** Of the schema that holds the entity container. */
  readonly namespace: string;
  /** By qualified name. */
  readonly types: ReadonlyMap<string, ODataType>;
  /** By qualified name. */
  readonly enumerations: ReadonlyMap<string, ODataEnumeration>;
  /** By qualified name. */
  readonly typeDefinitions: ReadonlyMap<string, ODataTypeDefinition>;
  /** By name. */
  readonly entitySets: ReadonlyMap<string, ODataEntitySet>;
  /** Overloads included. */
  readonly operations: readonly ODataOperation[];
}
