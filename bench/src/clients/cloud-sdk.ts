import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { entitySet, logon, newPartner, type ODataVersion, pageSize, partnerId, serviceRoots } from "./sap-service.js";
import type { Client } from "./vendor.js";

/**
 * SAP's SDK with the typed client of the recorded service. Its generator writes some thousands of lines of types for it, and below
 * them the same objects as here: an entity class, its schema of one field for each property and link, and the request builders.
 */
export async function connectCloudSdk(origin: string, version: ODataVersion): Promise<Client> {
  const sdk: Sdk = createRequire(import.meta.url)(`@sap-cloud-sdk/odata-${version}`);
  const api = describePartners(sdk, version);
  const destination = { url: origin, authentication: "BasicAuthentication", sapClient: "100", ...logon };
  return {
    retrieve: () => new sdk.GetByKeyRequestBuilder(api, { BusinessPartner: partnerId }).execute(destination),
    create: () => {
      const partner = api.entityBuilder().fromJson(newPartnerInCamelCase);
      return new sdk.CreateRequestBuilder(api, partner).execute(destination);
    },
    query: () => new sdk.GetAllRequestBuilder(api).top(pageSize).execute(destination),
  };
}

/** {@link newPartner} by the names of generated code. */
const newPartnerInCamelCase = {
  businessPartnerCategory: newPartner.BusinessPartnerCategory,
  businessPartnerGrouping: newPartner.BusinessPartnerGrouping,
  correspondenceLanguage: newPartner.CorrespondenceLanguage,
  organizationBpName1: newPartner.OrganizationBPName1,
  organizationBpName2: newPartner.OrganizationBPName2,
  searchTerm1: newPartner.SearchTerm1,
};

interface Builder {
  execute(destination: object): Promise<unknown>;
}

/** What generated code uses of the SDK. */
interface Sdk {
  readonly Entity: new (api: object) => object;
  readonly FieldBuilder: new (
    entity: object,
    deSerializers: object,
  ) => { buildEdmTypeField(name: string, type: string, isNullable: boolean): object };
  readonly Link: new (name: string, api: object, linkedApi: object) => object;
  readonly OneToOneLink: Sdk["Link"];
  readonly AllFields: new (name: string, entity: object) => object;
  readonly GetAllRequestBuilder: new (api: object) => { top(count: number): Builder };
  readonly GetByKeyRequestBuilder: new (api: object, key: object) => Builder;
  readonly CreateRequestBuilder: new (api: object, entity: object) => Builder;
  readonly defaultDeSerializers: object;
  readonly entityBuilder: (api: object) => { fromJson(values: object): object };
}

function describePartners(sdk: Sdk, version: ODataVersion) {
  const metadata = readFileSync(new URL(`../../recordings/sap-${version}/metadata.xml`, import.meta.url), "utf8");
  const type = /<EntityType Name="A_BusinessPartnerType"[\s\S]*?<\/EntityType>/.exec(metadata)?.[0] ?? "";
  class BusinessPartner extends sdk.Entity {
    static readonly _entityName = entitySet;
    static readonly _defaultBasePath = serviceRoots[version].slice(0, -1);
    static readonly _keys = ["BusinessPartner"];
  }
  const fields = new sdk.FieldBuilder(BusinessPartner, sdk.defaultDeSerializers);
  const schema: Record<string, object> = {};
  const api = {
    deSerializers: sdk.defaultDeSerializers,
    entityConstructor: BusinessPartner,
    schema,
    entityBuilder: () => sdk.entityBuilder(api),
  };
  for (const [, name = "", edmType = ""] of type.matchAll(/<Property Name="(\w+)" Type="([\w.]+)"/g)) {
    schema[constantName(name)] = fields.buildEdmTypeField(name, edmType, name !== "BusinessPartner");
  }
  for (const [, name = ""] of type.matchAll(/<NavigationProperty Name="(\w+)"/g)) {
    const Link = name === "to_Customer" ? sdk.OneToOneLink : sdk.Link;
    schema[constantName(name)] = new Link(name, api, api);
  }
  schema.ALL_FIELDS = new sdk.AllFields("*", BusinessPartner);
  return api;
}

/** `OrganizationBPName1` is `ORGANIZATION_BP_NAME_1` in generated code. */
function constantName(name: string): string {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? [];
  return words.join("_").toUpperCase();
}
