import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemRandom } from "@isthmus/core";
import type * as mockserver from "@sap-ux/fe-mockserver-core";
import { ODataService } from "../../src/odata/client/odata-service.js";
import { createCodec } from "../../src/odata/codec.js";
import type { ODataVersion } from "../../src/odata/model.js";
import { plainSapHttp } from "./plain-sap-http.js";
import { property, smallModel } from "./small-model.js";

const schema = (version: ODataVersion) => `
<Schema Namespace="Shop" xmlns="${version === "v4" ? "http://docs.oasis-open.org/odata/ns/edm" : "http://schemas.microsoft.com/ado/2008/09/edm"}">
  <EntityType Name="Products">
    <Key><PropertyRef Name="ID"/></Key>
    <Property Name="ID" Type="Edm.String" Nullable="false"/>
    <Property Name="name" Type="Edm.String"/>
    <Property Name="price" Type="Edm.Decimal" Precision="15" Scale="2"/>
  </EntityType>
  ${version === "v4" ? '<Action Name="restock" IsBound="true"><Parameter Name="_it" Type="Shop.Products"/><Parameter Name="amount" Type="Edm.Int32"/><ReturnType Type="Shop.Products"/></Action>' : ""}
  <EntityContainer Name="Container"${version === "v2" ? ' m:IsDefaultEntityContainer="true"' : ""}>
    <EntitySet Name="Products" EntityType="Shop.Products"/>
  </EntityContainer>
</Schema>`;

const documents: Readonly<Record<ODataVersion, string>> = {
  v2: `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
<edmx:DataServices m:DataServiceVersion="2.0">${schema("v2")}</edmx:DataServices></edmx:Edmx>`,
  v4: `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>${schema("v4")}</edmx:DataServices></edmx:Edmx>`,
};

const behaviour = `
module.exports = {
  executeAction: async function ({ name }, { amount }, { ID }) {
    if (amount < 0) this.throwError("Too little", 400, { error: { code: "Z/1", message: "Too little" } });
    return { ID, name: "restocked by " + amount, price: "1.00" };
  },
};`;

/** The mock server with which SAP develops Fiori applications, holding two products. */
export interface MockShop {
  service(version: ODataVersion): ODataService;
  close(): Promise<void>;
}

const quiet = () => undefined;

/** Starts it on a free port of this machine. */
export async function startMockShop(): Promise<MockShop> {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-mock-"));
  const products = [
    { ID: "a", name: "Bolt", price: "1.50" },
    { ID: "b", name: "Nut", price: "0.25" },
  ];
  await writeFile(join(folder, "Products.json"), JSON.stringify(products));
  await writeFile(join(folder, "Products.js"), behaviour);
  for (const [version, text] of Object.entries(documents)) await writeFile(join(folder, `${version}.xml`), text);
  // A CommonJS module with its class as `default`.
  const { default: Mockserver } = createRequire(import.meta.url)(
    "@sap-ux/fe-mockserver-core",
  ) as typeof mockserver.default;
  const roots: Readonly<Record<ODataVersion, string>> = {
    v2: "/sap/opu/odata/sap/SHOP",
    v4: "/sap/opu/odata4/sap/shop",
  };
  const mock = new Mockserver({
    annotations: [],
    // It writes every error that it answers with.
    logger: { info: quiet, warn: quiet, error: quiet, debug: quiet },
    services: (["v2", "v4"] as const).map((version) => ({
      urlPath: roots[version],
      metadataPath: join(folder, `${version}.xml`),
      mockdataPath: folder,
    })),
  });
  await mock.isReady;
  const router = mock.getRouter();
  const server = createServer((request, response) => router(request, response, () => response.writeHead(404).end()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = plainSapHttp(origin);
  return {
    service(version) {
      const properties = { ID: "Edm.String", name: "Edm.String", price: "Edm.Decimal" };
      const type = "Shop.Products";
      const model = smallModel(version, { Products: { keys: ["ID"], properties } }, [
        {
          name: "Shop.restock",
          kind: "action",
          method: "POST",
          parameters: [property("amount", "Edm.Int32")],
          boundTo: { type, isCollection: false },
          returns: { type, isCollection: false },
        },
      ]);
      const parts = { http, origin, root: `${roots[version]}/`, model, codec: createCodec(model) };
      return new ODataService({ ...parts, clock: systemClock, random: systemRandom });
    },
    async close() {
      await http.close();
      await mock.dispose();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
