import { createTransport } from "@isthmus/core";
import { createSalesforceConnector } from "@isthmus/salesforce";
import { Connection } from "jsforce";
import { Pool } from "undici";
import { connectedStore } from "./connected-store.js";
import type { Client, Vendor } from "./vendor.js";

const accountId = "001xx000003D001AAG";
const newAccount = { Name: "Nordwind Logistik GmbH", Industry: "Transportation", NumberOfEmployees: 19 };
const soql = "SELECT Id, Name, Industry, NumberOfEmployees FROM Account LIMIT 200";

/** Salesforce: raw HTTP, our connector, and the library that it wraps. */
export const salesforce: Vendor = {
  clients: { undici: rawUndici, isthmus, jsforce: plainJsforce },
  library: "jsforce",
  createdStatus: 201,
  isQuery: (url) => url.includes("/query"),
  headers: () => ({ "sforce-limit-info": "api-usage=18/15000" }),
};

async function rawUndici(origin: string): Promise<Client> {
  const pool = new Pool(origin, { connections: 50 });
  const headers = { authorization: "Bearer x", "content-type": "application/json" };
  const base = "/services/data/v60.0";
  const get = async (path: string) => (await pool.request({ path, method: "GET", headers })).body.json();
  return {
    retrieve: () => get(`${base}/sobjects/Account/${accountId}`),
    create: async () => {
      const body = JSON.stringify(newAccount);
      return (await pool.request({ path: `${base}/sobjects/Account`, method: "POST", headers, body })).body.json();
    },
    query: () => get(`${base}/query?q=${encodeURIComponent(soql)}`),
  };
}

async function plainJsforce(origin: string): Promise<Client> {
  const connection = new Connection({ instanceUrl: origin, accessToken: "x", version: "60.0" });
  return {
    retrieve: () => connection.sobject("Account").retrieve(accountId),
    create: () => connection.sobject("Account").create(newAccount),
    query: async () => (await connection.query(soql)).records,
  };
}

async function isthmus(origin: string): Promise<Client> {
  const tokenStore = await connectedStore({ instance_url: origin });
  const salesforce = createSalesforceConnector({
    clientId: "bench",
    loginUrl: origin,
    transport: createTransport({ allowedHosts: [], allowedPrivateHosts: [new URL(origin).host], concurrency: 50 }),
    tokenStore,
  });
  return {
    retrieve: () => salesforce.retrieve("Account", accountId),
    create: () => salesforce.create("Account", newAccount),
    query: async () => {
      const records: unknown[] = [];
      for await (const record of salesforce.query(soql)) records.push(record);
      return records;
    },
  };
}
