import { randomBytes } from "node:crypto";
import type { Database } from "../../../src/database/index.js";
import type { ServiceSettings } from "../../../src/services.js";
import { OperationRunWorker } from "../../../src/workers/operation-run-worker.js";
import type { Answer, ApiClient } from "../api-client.js";
import { startTestService, type TestService, type TestTenantClient } from "../service.js";
import { loads } from "./loads-connector.js";
import { type LoadsVendor, startLoadsVendor } from "./loads-vendor.js";

/** A service with a tenant and a connector to a vendor that loads rows. No worker runs by itself. */
export interface LoadsService {
  readonly vendor: LoadsVendor;
  readonly service: TestService;
  readonly worker: OperationRunWorker;
  readonly tenant: TestTenantClient;
  readonly connectorId: string;
  /** Begins a load of three rows. */
  load(): Promise<Answer>;
  /** Lets the worker do everything that is due now. @returns how much that was. */
  work(): Promise<number>;
  /** A run as the API answers it. */
  read(id: string): Promise<Answer["body"]>;
  close(): Promise<void>;
}

/** The body that adds a connector to the vendor. */
export function loadsConnector(vendor: Pick<LoadsVendor, "url">): object {
  return {
    code: `loads-${randomBytes(3).toString("hex")}`,
    name: "Our loads",
    type: "loads",
    environment: "sandbox",
    externalSystemUrl: vendor.url,
    authenticationMethod: "api_key",
    credentials: { key: "k" },
  };
}

/** Begins a load of three rows. */
export function beginLoad(api: ApiClient, connectorId: string, rows = "a\nb\nc"): Promise<Answer> {
  return api.run(connectorId, "rows.load", rows, { "content-type": "text/csv" });
}

/** Starts all of it on a database. */
export async function startLoadsService(
  database: Database,
  settings: Partial<ServiceSettings> = {},
): Promise<LoadsService> {
  const vendor = await startLoadsVendor();
  const allowedPrivateHosts = [vendor.host];
  const service = await startTestService(database, {
    connectors: [loads],
    settings: { allowedPrivateHosts, ...settings },
    batchSize: 2,
  });
  // Its port is known only now.
  allowedPrivateHosts.push(new URL(service.sandbox.url).host);
  const tenant = await service.createTenant();
  const created = await tenant.api.post("/v1/connectors", loadsConnector(vendor));
  const connectorId = String(created.body.id);
  const worker = new OperationRunWorker(service.services, { slots: 4 });
  return {
    vendor,
    service,
    worker,
    tenant,
    connectorId,
    load: () => beginLoad(tenant.api, connectorId),
    async work() {
      const begun = await worker.beginDue();
      await worker.settle();
      return begun;
    },
    read: async (id) => (await tenant.api.get(`/v1/operation-runs/${id}`)).body,
    async close() {
      await service.close();
      await vendor.close();
    },
  };
}
