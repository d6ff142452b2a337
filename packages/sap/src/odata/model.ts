/** Which OData protocol a service speaks. */
export type ODataVersion = "v2" | "v4";

/** A property of an entity or complex type, or a parameter. */
export interface ODataProperty {
  readonly name: string;
  /** `Edm.Decimal`, or the qualified name of a complex, enumeration or type definition. A collection's is of one item. */
  readonly type: string;
  readonly isCollection: boolean;
  readonly isNullable: boolean;
  /** In characters or bytes. */
  readonly maxLength?: number;
  readonly precision?: number;
  readonly scale?: number;
  /** For people: `sap:label`, or the annotation `Common.Label`. */
  readonly label?: string;
  /** Whether it may be given when an entity is created. Default true. */
  readonly isCreatable: boolean;
  /** Whether it may be changed later. Default true. */
  readonly isUpdatable: boolean;
  /** Whether conditions may name it. Default true. */
  readonly isFilterable: boolean;
}

/** A property that leads to other entities. */
export interface ODataNavigation {
  readonly name: string;
  /** Qualified name of the entity type that it leads to. */
  readonly type: string;
  readonly isCollection: boolean;
}

/** An entity type or a complex type, with what it inherits. */
export interface ODataType {
  /** Qualified by its namespace, never by an alias. */
  readonly name: string;
  readonly kind: "entity" | "complex";
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

/** A set of entities, or a single one. */
export interface ODataEntitySet {
  readonly name: string;
  readonly kind: "set" | "singleton";
  /** Qualified name of its entity type. */
  readonly type: string;
  readonly label?: string;
  readonly isReadable: boolean;
  readonly isCreatable: boolean;
  readonly isUpdatable: boolean;
  readonly isDeletable: boolean;
  /** Whether the service tracks changes of it (delta links). */
  readonly tracksChanges: boolean;
}

/** A function import of v2, or a function or action of v4. */
export interface ODataOperation {
  /** Name to call it by: of the import where it is unbound, qualified by its namespace where it is bound. */
  readonly name: string;
  /** A function reads, an action may change. In v2, by its method. */
  readonly kind: "function" | "action";
  /** v2: `m:HttpMethod`. v4: GET for a function, POST for an action. */
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "MERGE" | "DELETE";
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
  /** Members of an enumeration with their values, by the enumeration's qualified name. */
  readonly enumerations: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** `Edm.…` that a type definition stands for, by its qualified name. */
  readonly typeDefinitions: ReadonlyMap<string, string>;
  /** By name. */
  readonly entitySets: ReadonlyMap<string, ODataEntitySet>;
  /** Overloads included. */
  readonly operations: readonly ODataOperation[];
}
