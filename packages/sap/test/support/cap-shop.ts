import { systemClock, systemRandom } from "@isthmus/core";
import { ODataService } from "../../src/odata/client/odata-service.js";
import type { ODataParts } from "../../src/odata/client/parts.js";
import type { ODataOperation, ODataVersion } from "../../src/odata/model.js";
import { type CapServer, startCapServer } from "./cap-server.js";
import { plainCodec } from "./plain-codec.js";
import { type PlainSapHttp, plainSapHttp } from "./plain-sap-http.js";
import { property, smallModel } from "./small-model.js";

const model = `
service Shop {
  @cds.query.limit: 3
  entity Products {
    key ID: Integer;
    name: String(40) @assert.format: '^[^!]*$';
    price: Decimal(25,5);
    stock: Int64;
    @odata.etag modifiedAt: Timestamp @cds.on.insert: $now @cds.on.update: $now;
    image: LargeBinary @Core.MediaType: 'image/png';
  } actions {
    action restock(amount: Integer) returns Products;
    function stockAfter(amount: Integer) returns Integer;
  };
  entity Orders {
    key ID: Integer;
    customer: String;
    Items: Composition of many Items on Items.order = $self;
  };
  entity Items {
    key ID: Integer;
    order: Association to Orders;
    note: String;
  };
  function greet(name: String) returns String;
  function cheapest(count: Integer) returns many Products;
  action renameAll(name: String) returns Integer;
  action doNothing();
  action fail();
  action lock();
}`;

const handlers = `
module.exports = (srv) => {
  const { Products } = srv.entities;
  srv.on("restock", Products, async (req) => {
    const [{ ID }] = req.params;
    await UPDATE(Products, ID).with({ stock: { "+=": req.data.amount } });
    return SELECT.one.from(Products, ID);
  });
  srv.on("stockAfter", Products, async (req) => {
    const { stock } = await SELECT.one.from(Products, req.params[0].ID);
    return Number(stock) + req.data.amount;
  });
  srv.on("greet", (req) => "Hello " + req.data.name);
  srv.on("cheapest", (req) => SELECT.from(Products).orderBy("price").limit(req.data.count));
  srv.on("renameAll", (req) => UPDATE(Products).with({ name: req.data.name }));
  srv.on("doNothing", () => {});
  srv.on("lock", (req) => req.reject({ status: 409, code: "M3/024", message: "Material 1 is locked by user SMITH" }));
  srv.on("fail", (req) => {
    req.error({ code: "V1/042", message: "No such customer", target: "customer", status: 400 });
    req.error({ code: "V1/043", message: "No such plant", target: "plant", status: 400 });
  });
};`;

const returnsProduct = { type: "Shop.Products", isCollection: false, entitySet: "Products" };
const onProduct = { type: "Shop.Products", isCollection: false };

/** What the metadata of the service says, in each of its versions. */
function operationsOf(version: ODataVersion): readonly ODataOperation[] {
  const amount = property("amount", "Edm.Int32");
  const id = property("ID", "Edm.Int32");
  const unbound: readonly ODataOperation[] = [
    {
      name: "greet",
      kind: "function",
      method: "GET",
      parameters: [property("name", "Edm.String")],
      returns: { type: "Edm.String", isCollection: false },
    },
    {
      name: "cheapest",
      kind: "function",
      method: "GET",
      parameters: [property("count", "Edm.Int32")],
      returns: { ...returnsProduct, isCollection: true },
    },
    {
      name: "renameAll",
      kind: "action",
      method: "POST",
      parameters: [property("name", "Edm.String")],
      returns: { type: "Edm.Int32", isCollection: false },
    },
    ...["doNothing", "fail", "lock"].map((name) => ({ name, kind: "action", method: "POST", parameters: [] }) as const),
  ];
  // The adapter gives bound ones as unbound, named after their type, with the key as parameters.
  const bound: readonly ODataOperation[] =
    version === "v2"
      ? [
          {
            name: "Products_restock",
            kind: "action",
            method: "POST",
            parameters: [id, amount],
            returns: returnsProduct,
          },
        ]
      : [
          {
            name: "Shop.restock",
            kind: "action",
            method: "POST",
            parameters: [amount],
            boundTo: onProduct,
            returns: returnsProduct,
          },
          {
            name: "Shop.stockAfter",
            kind: "function",
            method: "GET",
            parameters: [amount],
            boundTo: onProduct,
            returns: { type: "Edm.Int32", isCollection: false },
          },
        ];
  return [...unbound, ...bound];
}

/** A shop by SAP's own framework, and clients of it. */
export interface CapShop {
  readonly server: CapServer;
  readonly http: PlainSapHttp;
  /** A client of it; nobody else uses it. */
  service(version: ODataVersion, parts?: Partial<ODataParts>): ODataService;
  close(): Promise<void>;
}

/** Starts it: products (three to a page), orders with their items, functions and actions. */
export async function startCapShop(): Promise<CapShop> {
  const server = await startCapServer({ model, handlers, configuration: { runtime: { put_as_replace: true } } });
  const http = plainSapHttp(server.url);
  return {
    server,
    http,
    service(version, parts = {}) {
      const described = smallModel(
        version,
        {
          Products: {
            keys: ["ID"],
            properties: {
              ID: "Edm.Int32",
              name: "Edm.String",
              price: "Edm.Decimal",
              stock: "Edm.Int64",
              modifiedAt: "Edm.DateTimeOffset",
            },
          },
          Orders: {
            keys: ["ID"],
            properties: { ID: "Edm.Int32", customer: "Edm.String" },
            navigations: { Items: "Items[]" },
          },
          Items: { keys: ["ID"], properties: { ID: "Edm.Int32", note: "Edm.String" } },
        },
        operationsOf(version),
      );
      const root = version === "v4" ? server.v4Root : server.v2Root;
      return new ODataService({
        http,
        origin: server.url,
        // The adapter for v2 calls this machine so, whatever name it was called by.
        alsoKnownAs: [server.url.replace("127.0.0.1", "localhost")],
        root,
        model: described,
        codec: plainCodec(described),
        clock: systemClock,
        random: systemRandom,
        ...parts,
      });
    },
    async close() {
      await http.close();
      await server.close();
    },
  };
}
