import { createSapConnector, type SapConnector } from "@isthmus/sap";
import { Pool } from "undici";
import { connectCloudSdk } from "./cloud-sdk.js";
import {
  entitySet,
  gatewayAnswers,
  logon,
  newPartner,
  type ODataVersion,
  pageSize,
  partnerId,
  serviceRoots,
} from "./sap-service.js";
import type { Client, Vendor } from "./vendor.js";

/** OData v2 of SAP Gateway: raw HTTP, our connector, and SAP's own SDK. */
export const sapV2: Vendor = vendorOf("v2");
/** The same entity over OData v4. */
export const sapV4: Vendor = vendorOf("v4");

function vendorOf(version: ODataVersion): Vendor {
  const library = `odata-${version}`;
  return {
    ...gatewayAnswers(version),
    clients: {
      undici: (origin) => rawUndici(origin, version),
      isthmus: (origin) => isthmus(origin, version),
      [library]: (origin) => connectCloudSdk(origin, version),
    },
    library,
  };
}

async function rawUndici(origin: string, version: ODataVersion): Promise<Client> {
  const pool = new Pool(origin, { connections: 50 });
  const root = serviceRoots[version];
  const authorization = `Basic ${Buffer.from(`${logon.username}:${logon.password}`).toString("base64")}`;
  const headers = { authorization, accept: "application/json", "content-type": "application/json" };
  const fetching = await pool.request({ path: root, method: "GET", headers: { ...headers, "x-csrf-token": "Fetch" } });
  await fetching.body.dump();
  const token = String(fetching.headers["x-csrf-token"]);
  const cookie = [fetching.headers["set-cookie"] ?? []]
    .flat()
    .map((text) => text.split(";", 1)[0])
    .join("; ");
  const known = { ...headers, cookie };
  const get = async (path: string) =>
    (await pool.request({ path: root + path, method: "GET", headers: known })).body.json();
  return {
    retrieve: () => get(`${entitySet}('${partnerId}')?sap-client=100`),
    create: async () => {
      const body = JSON.stringify(newPartner);
      const path = `${root}${entitySet}?sap-client=100`;
      return (
        await pool.request({ path, method: "POST", headers: { ...known, "x-csrf-token": token }, body })
      ).body.json();
    },
    query: () => get(`${entitySet}?$top=${pageSize}&sap-client=100`),
  };
}

async function isthmus(origin: string, version: ODataVersion): Promise<Client> {
  const service = await openService(origin, version);
  return {
    retrieve: () => service.read(entitySet, partnerId),
    create: () => service.create(entitySet, newPartner),
    query: async () => {
      const records: unknown[] = [];
      for await (const { record } of service.query(entitySet, { top: pageSize })) records.push(record);
      return records;
    },
  };
}

/** The service through our connector. */
export function openService(origin: string, version: ODataVersion): ReturnType<SapConnector["odata"]> {
  const connector = createSapConnector({
    authenticationMethod: "basic",
    credentials: logon,
    configuration: {
      url: origin,
      client: "100",
      odata: { partners: { path: serviceRoots[version] } },
      limits: { concurrency: 50 },
    },
    allowedPrivateHosts: [new URL(origin).host],
  });
  return connector.odata("partners");
}
