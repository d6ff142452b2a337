import { systemClock, systemRandom } from "@isthmus/core";
import { ODataService } from "../../src/odata/client/odata-service.js";
import type { ODataParts } from "../../src/odata/client/parts.js";
import { createCodec } from "../../src/odata/codec.js";
import type { ODataModel, ODataVersion } from "../../src/odata/model.js";
import { readMetadata } from "../../src/odata/read-metadata.js";
import { type CapServer, startCapServer } from "./cap-server.js";
import { type PlainSapHttp, plainSapHttp } from "./plain-sap-http.js";

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
    req.error({ code: "V1/302", message: "No such customer", target: "customer", status: 400 });
    req.error({ code: "V1/043", message: "No such plant", target: "plant", status: 400 });
  });
};`;

/** A shop by SAP's own framework, and clients of it. */
export interface CapShop {
  readonly server: CapServer;
  readonly http: PlainSapHttp;
  /** A client of it; nobody else uses it. */
  service(version: ODataVersion, parts?: Partial<ODataParts>): ODataService;
  /** What its metadata says. */
  readonly models: Readonly<Record<ODataVersion, ODataModel>>;
  close(): Promise<void>;
}

/** Starts it: products (three to a page), orders with their items, functions and actions. */
export async function startCapShop(): Promise<CapShop> {
  const server = await startCapServer({ model, handlers, configuration: { runtime: { put_as_replace: true } } });
  const http = plainSapHttp(server.url);
  const read = async (root: string) =>
    readMetadata((await http.request({ method: "GET", path: `${root}$metadata` })).body);
  const models = { v2: await read(server.v2Root), v4: await read(server.v4Root) };
  return {
    server,
    http,
    models,
    service: (version, parts = {}) =>
      new ODataService({
        http,
        origin: server.url,
        // The adapter for v2 calls this machine so, whatever name it was called by.
        alsoKnownAs: [server.url.replace("127.0.0.1", "localhost")],
        root: version === "v4" ? server.v4Root : server.v2Root,
        model: models[version],
        codec: createCodec(models[version]),
        clock: systemClock,
        random: systemRandom,
        ...parts,
      }),
    async close() {
      await http.close();
      await server.close();
    },
  };
}
