import { readFileSync } from "node:fs";
import type { ODataModel } from "../../src/odata/model.js";
import { readMetadata } from "../../src/odata/read-metadata.js";

/** The model of a service whose metadata is in `test/fixtures/odata`. */
export function readFixtureModel(name: "API_BUSINESS_PARTNER" | "API_SALES_ORDER_SRV" | "orders-v4"): ODataModel {
  return readMetadata(readFileSync(new URL(`../fixtures/odata/${name}.xml`, import.meta.url)));
}

/** A service of one entity set `Things`, whose entities have a text key `Id` and the given properties. */
export function modelOf(version: "v2" | "v4", properties: Readonly<Record<string, string>>): ODataModel {
  const rows = Object.entries(properties).map(([name, attributes]) => `<Property Name="${name}" ${attributes}/>`);
  return readMetadata(`<Edmx Version="${version === "v2" ? "1.0" : "4.0"}"><DataServices><Schema Namespace="S">
    <EntityType Name="Thing"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.String" Nullable="false"/>
    ${rows.join("")}</EntityType>
    <EntityContainer Name="C"><EntitySet Name="Things" EntityType="S.Thing"/></EntityContainer>
    </Schema></DataServices></Edmx>`);
}
