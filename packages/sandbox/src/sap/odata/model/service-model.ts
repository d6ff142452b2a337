/** The primitive types that the services use, by their OData v4 names; `renderEdmxV2` turns dates into `Edm.DateTime`. */
export type EdmType =
  | "Edm.String"
  | "Edm.Boolean"
  | "Edm.Guid"
  | "Edm.Int16"
  | "Edm.Int32"
  | "Edm.Int64"
  | "Edm.Decimal"
  | "Edm.Date"
  | "Edm.TimeOfDay"
  | "Edm.DateTimeOffset";

/** A property of an entity type. */
export interface PropertyModel {
  name: string;
  type: EdmType;
  /** `sap:label`, and `Common.Label` in v4. */
  label: string;
  maxLength?: number;
  precision?: number;
  scale?: number;
  /** Default true. Keys are never nullable. */
  nullable?: boolean;
  /** Whether a caller may set it when creating. Default true. */
  creatable?: boolean;
  /** Whether a caller may change it. Default true. */
  updatable?: boolean;
  /** The property with the currency of an amount, or the unit of a quantity. */
  unit?: string;
  semantics?: "currency-code" | "unit-of-measure";
  /** `sap:display-format="UpperCase"`. */
  upperCase?: boolean;
  /** Whether leading zeros go at the edge (conversion exit ALPHA): `'0000000042'` and `'42'` are the same there. */
  alpha?: boolean;
}

/** A way from one entity type to another. */
export interface NavigationModel {
  name: string;
  /** Name of the entity type it leads to. */
  target: string;
  many: boolean;
  /** Pairs of property names, here and there, that are equal. */
  on: readonly (readonly [string, string])[];
  /** Whether entities of the target may be sent with a new one (deep insert), and only exist below it. */
  composition?: boolean;
}

/** An entity type with its only set. */
export interface EntityModel {
  type: string;
  set: string;
  label: string;
  keys: readonly string[];
  properties: readonly PropertyModel[];
  navigations: readonly NavigationModel[];
  /** The property whose value makes the ETag. Default: no ETag. */
  etag?: string;
  creatable: boolean;
  updatable: boolean;
  deletable: boolean;
  /** Whether the server pages. Default true. */
  paged?: boolean;
}

/** A function import of v2, or an action of v4. */
export interface OperationModel {
  name: string;
  label: string;
  method: "GET" | "POST";
  /** The entity type it is bound to (v4); its key properties are the parameters in v2. Default: unbound. */
  boundTo?: string;
  parameters: readonly (PropertyModel & { name: string })[];
  /** An entity type, or a complex type of the service. Default: nothing comes back. */
  returns?: { entity: string; many?: boolean } | { complex: string } | { primitive: EdmType };
}

/** A complex type. */
export interface ComplexModel {
  name: string;
  properties: readonly PropertyModel[];
}

/** A service as its `$metadata` describes it. */
export interface ServiceModel {
  version: "2.0" | "4.0";
  /** Path of the root, with `/` at the end. */
  root: string;
  namespace: string;
  /** The technical name, as the catalogue lists it. */
  id: string;
  container: string;
  /** What it is about. */
  title: string;
  /** The application component of errors, such as `SD-SLS`. */
  component: string;
  entities: readonly EntityModel[];
  complexTypes: readonly ComplexModel[];
  operations: readonly OperationModel[];
}

/** The entity of a set, if the service has it. */
export function findSet(service: ServiceModel, set: string): EntityModel | undefined {
  return service.entities.find((entity) => entity.set === set);
}

/** The entity of a type. @throws {Error} when the model names a type that is not there. */
export function entityOfType(service: ServiceModel, type: string): EntityModel {
  const entity = service.entities.find((candidate) => candidate.type === type);
  if (entity === undefined) throw new Error(`${service.id} has no entity type ${type}.`);
  return entity;
}

/** Where a navigation leads. */
export function targetOf(service: ServiceModel, navigation: NavigationModel): EntityModel {
  return entityOfType(service, navigation.target);
}
