import { createTransport, MemoryTokenStore } from "@isthmus/core";
import { createSalesforceConnector } from "@isthmus/salesforce";
import { Connection } from "jsforce";
import { Pool } from "undici";
import { accountId, newAccount, type Scenario, soql } from "./scenarios.js";

/** One call of a scenario, made by one client. */
export type Call = () => Promise<unknown>;

/** Every client, by name. Each answers the parsed record, id or records: the same result from all. */
export const contenders: Readonly<Record<string, (origin: string) => Promise<Readonly<Record<Scenario, Call>>>>> = {
  undici: rawUndici,
  isthmus,
  jsforce: plainJsforce,
};

async function rawUndici(origin: string): Promise<Record<Scenario, Call>> {
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

async function plainJsforce(origin: string): Promise<Record<Scenario, Call>> {
  const connection = new Connection({ instanceUrl: origin, accessToken: "x", version: "60.0" });
  return {
    retrieve: () => connection.sobject("Account").retrieve(accountId),
    create: () => connection.sobject("Account").create(newAccount),
    query: async () => (await connection.query(soql)).records,
  };
}

async function isthmus(origin: string): Promise<Record<Scenario, Call>> {
  const tokenStore = new MemoryTokenStore();
  const claim = await tokenStore.begin({ purpose: "authorize", version: 0, leaseMs: 60_000 });
  if (claim.outcome !== "begun") throw new Error("A new store refused its first tokens.");
  const now = Date.now();
  const hourMs = 3_600_000;
  await tokenStore.commit(claim.attemptId, {
    refreshAtMs: now + hourMs,
    tokens: {
      accessToken: "x",
      tokenType: "Bearer",
      issuedAtMs: now,
      expiresAtMs: now + hourMs,
      attributes: { instance_url: origin },
    },
  });
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
