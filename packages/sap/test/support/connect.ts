import { readFileSync } from "node:fs";
import type { ConnectorEnvironment } from "@isthmus/core";
import { createSapConnector, type SapConnector, type SapOptions } from "../../src/index.js";

/** The service that tests of the logon ask for its metadata. */
export const servicePath = "/sap/opu/odata/sap/API_BUSINESS_PARTNER";

/** A metadata document of one entity set, as the Gateway writes it. */
export const metadataDocument = `<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" m:DataServiceVersion="2.0"><Schema Namespace="SRV" xmlns="http://schemas.microsoft.com/ado/2008/09/edm"><EntityType Name="Partner"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.String" Nullable="false"/></EntityType><EntityContainer Name="SRV_Entities" m:IsDefaultEntityContainer="true"><EntitySet Name="Partners" EntityType="SRV.Partner"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`;

/** A file of `test/fixtures`. */
export function readFixture(path: string): string {
  return readFileSync(new URL(`../fixtures/${path}`, import.meta.url), "utf8");
}

/** A connector to a server on loopback. */
export function connectTo(
  url: string,
  logon: Pick<SapOptions, "authenticationMethod" | "credentials">,
  { configuration, ...environment }: ConnectorEnvironment & { readonly configuration?: object } = {},
): SapConnector {
  return createSapConnector({
    ...logon,
    configuration: { url, client: "100", odata: { partners: { path: servicePath } }, ...configuration },
    allowedPrivateHosts: [new URL(url).host],
    ...environment,
  });
}
