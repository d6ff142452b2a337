import { createRequire } from "node:module";
import { createTransport } from "@isthmus/core";
import { createQuickbooksConnector } from "@isthmus/quickbooks";
import { Pool } from "undici";
import { connectedStore } from "./connected-store.js";
import type { Client, Vendor } from "./vendor.js";

const realmId = "4620816365";
const invoiceId = "145";
const newInvoice = {
  CustomerRef: { value: "1" },
  Line: [{ Amount: 100.1, DetailType: "SalesItemLineDetail", SalesItemLineDetail: { ItemRef: { value: "1" } } }],
};
const query = "select * from Invoice ORDERBY Id STARTPOSITION 1 MAXRESULTS 201";

/** QuickBooks Online: raw HTTP, our connector, and the library that it wraps. */
export const quickbooks: Vendor = {
  clients: { undici: rawUndici, isthmus, "node-quickbooks": plainNodeQuickbooks },
  library: "node-quickbooks",
  createdStatus: 200,
  isQuery: (url) => url.includes("/query"),
};

async function rawUndici(origin: string): Promise<Client> {
  const pool = new Pool(origin, { connections: 50 });
  const headers = { authorization: "Bearer x", "content-type": "application/json", accept: "application/json" };
  const base = `/v3/company/${realmId}`;
  const get = async (path: string) => (await pool.request({ path, method: "GET", headers })).body.json();
  return {
    retrieve: () => get(`${base}/invoice/${invoiceId}?minorversion=75`),
    create: async () => {
      const body = JSON.stringify(newInvoice);
      return (
        await pool.request({ path: `${base}/invoice?minorversion=75`, method: "POST", headers, body })
      ).body.json();
    },
    query: () => get(`${base}/query?minorversion=75&query=${encodeURIComponent(query)}`),
  };
}

type Done = (failure: unknown, body: unknown) => void;

/** What is called of node-quickbooks. */
interface Library {
  endpoint: string;
  getInvoice(id: string, done: Done): void;
  createInvoice(invoice: object, done: Done): void;
  findInvoices(criteria: object, done: Done): void;
}

async function plainNodeQuickbooks(origin: string): Promise<Client> {
  // Its types describe named exports; what it exports is the class.
  const QuickBooks: new (...settings: unknown[]) => Library = createRequire(import.meta.url)("node-quickbooks");
  const library = new QuickBooks("bench", "bench", "x", false, realmId, true, false, 75, "2.0", "refresh");
  library.endpoint = `${origin}/v3/company/`;
  const call = (run: (done: Done) => void) =>
    new Promise((resolve, reject) => {
      run((failure, body) => (failure ? reject(failure) : resolve(body)));
    });
  return {
    retrieve: () => call((done) => library.getInvoice(invoiceId, done)),
    create: () => call((done) => library.createInvoice(structuredClone(newInvoice), done)),
    query: () => call((done) => library.findInvoices({ limit: 201 }, done)),
  };
}

async function isthmus(origin: string): Promise<Client> {
  const tokenStore = await connectedStore({ realmId });
  const connector = createQuickbooksConnector({
    clientId: "bench",
    clientSecret: "bench",
    apiUrl: origin,
    transport: createTransport({ allowedHosts: [], allowedPrivateHosts: [new URL(origin).host], concurrency: 50 }),
    tokenStore,
    // Intuit's own limits would be all that is measured.
    limits: { concurrency: 50, callsPerSecond: 1_000_000, callsPerMinute: 1_000_000 },
  });
  return {
    retrieve: () => connector.read("Invoice", invoiceId),
    create: () => connector.create("Invoice", newInvoice),
    query: async () => {
      const records: unknown[] = [];
      for await (const record of connector.query("select * from Invoice", { pageSize: 201 })) records.push(record);
      return records;
    },
  };
}
