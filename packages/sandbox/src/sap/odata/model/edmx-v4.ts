import { escapeHtml } from "../../../shared/html.js";
import {
  type EntityModel,
  entityOfType,
  type NavigationModel,
  type OperationModel,
  type PropertyModel,
  type ServiceModel,
} from "./service-model.js";

const vocabularies = [
  ["http://vocabularies.sap.com/?iwf=common", "com.sap.vocabularies.Common.v1", "SAP__common"],
  ["http://vocabularies.oasis-open.org/?core", "Org.OData.Core.V1", "SAP__core"],
] as const;

/** The `$metadata` of a v4 service as SAP Gateway writes it: types, container, then annotations with aliases `SAP__…`. */
export function renderEdmxV4(service: ServiceModel): string {
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" xmlns="http://docs.oasis-open.org/odata/ns/edm">',
    ...vocabularies.map(
      ([uri, namespace, alias]) =>
        `<edmx:Reference Uri="${uri}"><edmx:Include Namespace="${namespace}" Alias="${alias}"/></edmx:Reference>`,
    ),
    "<edmx:DataServices>",
    `<Schema Namespace="${service.namespace}" Alias="SAP__self">`,
    ...service.entities.map((entity) => renderEntityType(service, entity)),
    ...service.operations.map((operation) => renderOperation(service, operation)),
    `<EntityContainer Name="${service.container}">`,
    ...service.entities.map((entity) => renderEntitySet(service, entity)),
    ...service.operations
      .filter(({ boundTo }) => boundTo === undefined)
      .map(({ name, method }) =>
        method === "GET"
          ? `<FunctionImport Name="${name}" Function="${service.namespace}.${name}"/>`
          : `<ActionImport Name="${name}" Action="${service.namespace}.${name}"/>`,
      ),
    "</EntityContainer>",
    ...service.entities.map(renderAnnotations),
    "</Schema></edmx:DataServices></edmx:Edmx>",
  ].join("\n");
}

function renderEntityType(service: ServiceModel, entity: EntityModel): string {
  return [
    `<EntityType Name="${entity.type}">`,
    `<Key>${entity.keys.map((name) => `<PropertyRef Name="${name}"/>`).join("")}</Key>`,
    ...entity.properties.map((property) => renderProperty(property, entity.keys.includes(property.name))),
    ...entity.navigations.map((navigation) => renderNavigation(service, entity, navigation)),
    "</EntityType>",
  ].join("\n");
}

function renderProperty(property: PropertyModel, isKey: boolean): string {
  return `<Property Name="${property.name}" Type="${property.type}"${facetsOf(property, isKey)}/>`;
}

/** In v4 everything is nullable but what says otherwise; SAP's texts are never null, only empty. */
function facetsOf(property: PropertyModel, isKey: boolean): string {
  const nullable = isKey || property.nullable === false || property.type === "Edm.String" ? ' Nullable="false"' : "";
  const length = property.maxLength === undefined ? "" : ` MaxLength="${property.maxLength}"`;
  const precision = property.precision === undefined ? "" : ` Precision="${property.precision}"`;
  const scale =
    property.unit === undefined
      ? property.scale === undefined
        ? ""
        : ` Scale="${property.scale}"`
      : ' Scale="variable"';
  return `${nullable}${length}${precision}${scale}`;
}

function renderNavigation(service: ServiceModel, entity: EntityModel, navigation: NavigationModel): string {
  const type = `${service.namespace}.${navigation.target}`;
  const partner = entityOfType(service, navigation.target).navigations.find(({ target }) => target === entity.type);
  return [
    `<NavigationProperty Name="${navigation.name}" Type="${navigation.many ? `Collection(${type})` : type}"`,
    navigation.many ? "" : ' Nullable="false"',
    partner === undefined ? "" : ` Partner="${partner.name}"`,
    ">",
    ...navigation.on.map(
      ([here, there]) => `<ReferentialConstraint Property="${here}" ReferencedProperty="${there}"/>`,
    ),
    navigation.composition === true ? '<OnDelete Action="Cascade"/>' : "",
    "</NavigationProperty>",
  ].join("");
}

function renderOperation(service: ServiceModel, operation: OperationModel): string {
  const tag = operation.method === "GET" ? "Function" : "Action";
  const self =
    operation.boundTo === undefined
      ? ""
      : `<Parameter Name="_it" Type="${service.namespace}.${operation.boundTo}" Nullable="false"/>`;
  const parameters = operation.parameters.map(
    (parameter) => `<Parameter Name="${parameter.name}" Type="${parameter.type}"${facetsOf(parameter, true)}/>`,
  );
  const bound =
    operation.boundTo === undefined
      ? ""
      : ` IsBound="true"${operation.returns !== undefined && "entity" in operation.returns ? ' EntitySetPath="_it"' : ""}`;
  return `<${tag} Name="${operation.name}"${bound}>${self}${parameters.join("")}${renderReturn(service, operation)}</${tag}>`;
}

function renderReturn(service: ServiceModel, { returns }: OperationModel): string {
  if (returns === undefined) return "";
  if ("primitive" in returns) return `<ReturnType Type="${returns.primitive}" Nullable="false"/>`;
  if ("complex" in returns) return `<ReturnType Type="${service.namespace}.${returns.complex}" Nullable="false"/>`;
  const type = `${service.namespace}.${returns.entity}`;
  return `<ReturnType Type="${returns.many === true ? `Collection(${type})` : type}" Nullable="false"/>`;
}

function renderEntitySet(service: ServiceModel, entity: EntityModel): string {
  const bindings = entity.navigations.map(
    ({ name, target }) => `<NavigationPropertyBinding Path="${name}" Target="${entityOfType(service, target).set}"/>`,
  );
  return `<EntitySet Name="${entity.set}" EntityType="${service.namespace}.${entity.type}">${bindings.join("")}</EntitySet>`;
}

function renderAnnotations(entity: EntityModel): string {
  return [
    `<Annotations Target="SAP__self.${entity.type}"><Annotation Term="SAP__common.Label" String="${escapeHtml(entity.label)}"/></Annotations>`,
    ...entity.properties.map(
      ({ name, label, updatable }) =>
        `<Annotations Target="SAP__self.${entity.type}/${name}"><Annotation Term="SAP__common.Label" String="${escapeHtml(label)}"/>${updatable === false ? '<Annotation Term="SAP__core.Immutable" Bool="true"/>' : ""}</Annotations>`,
    ),
    entity.etag === undefined
      ? ""
      : `<Annotations Target="SAP__self.Container/${entity.set}"><Annotation Term="SAP__core.OptimisticConcurrency"><Collection><PropertyPath>${entity.etag}</PropertyPath></Collection></Annotation></Annotations>`,
  ].join("\n");
}
