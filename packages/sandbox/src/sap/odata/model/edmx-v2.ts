import { escapeHtml } from "../../../shared/html.js";
import {
  type EdmType,
  type EntityModel,
  entityOfType,
  type NavigationModel,
  type OperationModel,
  type PropertyModel,
  type ServiceModel,
} from "./service-model.js";

/** The `$metadata` of a v2 service as SAP Gateway writes it. */
export function renderEdmxV2(service: ServiceModel): string {
  const ends = service.entities.flatMap((entity) => entity.navigations.map((navigation) => ({ entity, navigation })));
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns:sap="http://www.sap.com/Protocols/SAPData">',
    '<edmx:DataServices m:DataServiceVersion="2.0">',
    `<Schema Namespace="${service.namespace}" xml:lang="en" sap:schema-version="1" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">`,
    ...service.entities.map((entity) => renderEntityType(service, entity)),
    ...service.complexTypes.map(
      ({ name, properties }) =>
        `<ComplexType Name="${name}">${properties.map((property) => renderProperty(property)).join("")}</ComplexType>`,
    ),
    ...ends.map(({ entity, navigation }) => renderAssociation(service, entity, navigation)),
    `<EntityContainer Name="${service.container}" m:IsDefaultEntityContainer="true" sap:message-scope-supported="true" sap:supported-formats="atom json xlsx">`,
    ...service.entities.map((entity) => renderEntitySet(service, entity)),
    ...ends.map(({ entity, navigation }) => renderAssociationSet(service, entity, navigation)),
    ...service.operations.map((operation) => renderFunctionImport(service, operation)),
    "</EntityContainer>",
    `<atom:link rel="self" href="${service.root}$metadata" xmlns:atom="http://www.w3.org/2005/Atom"/>`,
    `<atom:link rel="latest-version" href="${service.root}$metadata" xmlns:atom="http://www.w3.org/2005/Atom"/>`,
    "</Schema></edmx:DataServices></edmx:Edmx>",
  ].join("\n");
}

/** A type by its v2 name: a day is an `Edm.DateTime` there, and a time of day an `Edm.Time`. */
export function typeInV2(type: EdmType): string {
  if (type === "Edm.Date") return "Edm.DateTime";
  return type === "Edm.TimeOfDay" ? "Edm.Time" : type;
}

function renderEntityType(service: ServiceModel, entity: EntityModel): string {
  const keys = entity.keys.map((name) => `<PropertyRef Name="${name}"/>`).join("");
  return [
    `<EntityType Name="${entity.type}" sap:label="${escapeHtml(entity.label)}" sap:content-version="1">`,
    `<Key>${keys}</Key>`,
    ...entity.properties.map((property) =>
      renderProperty(
        property,
        entity.keys.includes(property.name),
        property.name === entity.etag ? ' ConcurrencyMode="Fixed"' : "",
      ),
    ),
    ...entity.navigations.map(
      ({ name }) =>
        `<NavigationProperty Name="${name}" Relationship="${service.namespace}.${associationName(entity, name)}" FromRole="FromRole_${associationName(entity, name)}" ToRole="ToRole_${associationName(entity, name)}"/>`,
    ),
    "</EntityType>",
  ].join("\n");
}

function renderProperty(property: PropertyModel, isKey = false, more = ""): string {
  const facets: [string, string | number | undefined][] = [
    ["Nullable", isKey || property.nullable === false ? "false" : undefined],
    ["Precision", property.type === "Edm.TimeOfDay" || property.type === "Edm.Date" ? 0 : property.precision],
    ["Scale", property.scale],
    ["MaxLength", property.maxLength],
    ["sap:unit", property.unit],
    [
      "sap:display-format",
      property.type === "Edm.Date" ? "Date" : property.upperCase === true ? "UpperCase" : undefined,
    ],
    ["sap:label", property.label],
    ["sap:semantics", property.semantics],
    ["sap:creatable", property.creatable === false ? "false" : undefined],
    ["sap:updatable", property.updatable === false ? "false" : undefined],
  ];
  const attributes = facets
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeHtml(String(value))}"`);
  return `<Property Name="${property.name}" Type="${typeInV2(property.type)}"${attributes.join("")}${more}/>`;
}

function renderAssociation(service: ServiceModel, entity: EntityModel, navigation: NavigationModel): string {
  const name = associationName(entity, navigation.name);
  const [from, to] = [`FromRole_${name}`, `ToRole_${name}`];
  const here = navigation.on.map(([source]) => `<PropertyRef Name="${source}"/>`).join("");
  const there = navigation.on.map(([, target]) => `<PropertyRef Name="${target}"/>`).join("");
  // The principal is the side whose key the other one carries.
  const principalIsHere = navigation.many;
  const constraint = principalIsHere
    ? `<Principal Role="${from}">${here}</Principal><Dependent Role="${to}">${there}</Dependent>`
    : `<Principal Role="${to}">${there}</Principal><Dependent Role="${from}">${here}</Dependent>`;
  return [
    `<Association Name="${name}" sap:content-version="1">`,
    `<End Type="${service.namespace}.${entity.type}" Multiplicity="${navigation.many ? "1" : "*"}" Role="${from}"/>`,
    `<End Type="${service.namespace}.${navigation.target}" Multiplicity="${navigation.many ? "*" : "0..1"}" Role="${to}"/>`,
    `<ReferentialConstraint>${constraint}</ReferentialConstraint>`,
    "</Association>",
  ].join("");
}

function renderAssociationSet(service: ServiceModel, entity: EntityModel, navigation: NavigationModel): string {
  const name = associationName(entity, navigation.name);
  const target = entityOfType(service, navigation.target);
  return [
    `<AssociationSet Name="${name}" Association="${service.namespace}.${name}" sap:creatable="false" sap:updatable="false" sap:deletable="false" sap:content-version="1">`,
    `<End EntitySet="${entity.set}" Role="FromRole_${name}"/><End EntitySet="${target.set}" Role="ToRole_${name}"/>`,
    "</AssociationSet>",
  ].join("");
}

function renderEntitySet(service: ServiceModel, entity: EntityModel): string {
  const can = (allowed: boolean, name: string): string => (allowed ? "" : ` sap:${name}="false"`);
  return `<EntitySet Name="${entity.set}" EntityType="${service.namespace}.${entity.type}"${can(entity.creatable, "creatable")}${can(entity.updatable, "updatable")}${can(entity.deletable, "deletable")} sap:content-version="1"/>`;
}

function renderFunctionImport(service: ServiceModel, operation: OperationModel): string {
  const parameters = operation.parameters.map(
    ({ name, type, maxLength, label }) =>
      `<Parameter Name="${name}" Type="${typeInV2(type)}" Mode="In"${maxLength === undefined ? "" : ` MaxLength="${maxLength}"`} sap:label="${escapeHtml(label)}"/>`,
  );
  return `<FunctionImport Name="${operation.name}"${renderReturn(service, operation)} m:HttpMethod="${operation.method}" sap:label="${escapeHtml(operation.label)}">${parameters.join("")}</FunctionImport>`;
}

function renderReturn(service: ServiceModel, { returns }: OperationModel): string {
  if (returns === undefined) return "";
  if ("primitive" in returns) return ` ReturnType="${typeInV2(returns.primitive)}"`;
  if ("complex" in returns) return ` ReturnType="${service.namespace}.${returns.complex}"`;
  const type = `${service.namespace}.${returns.entity}`;
  const set = entityOfType(service, returns.entity).set;
  return ` ReturnType="${returns.many === true ? `Collection(${type})` : type}" EntitySet="${set}"`;
}

function associationName(entity: EntityModel, navigation: string): string {
  return `assoc_${entity.type}_${navigation}`;
}
