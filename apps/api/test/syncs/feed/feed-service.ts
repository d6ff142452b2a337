import { randomBytes } from "node:crypto";
import type { Clock } from "@isthmus/core";
import type { Database } from "../../../src/database/index.js";
import type { ServiceSettings } from "../../../src/services.js";
import { fireDueSchedules } from "../../../src/syncs/fire-schedules.js";
import { SyncWorker } from "../../../src/workers/sync-worker.js";
import type { Answer } from "../../support/api-client.js";
import { loads } from "../../support/loads/loads-connector.js";
import { startTestService, type TestService, type TestTenantClient } from "../../support/service.js";
import { feed } from "./feed-connector.js";
import { type FeedVendor, startFeedVendor } from "./feed-vendor.js";

/** A service with a tenant and a connector to a vendor that gives pages of changes. No worker runs by itself. */
export interface FeedService {
  readonly vendor: FeedVendor;
  readonly service: TestService;
  readonly worker: SyncWorker;
  readonly tenant: TestTenantClient;
  readonly connectorId: string;
  /** Schedules a read of an entity, paused unless something else is said. */
  schedule(entity: string, changes?: object): Promise<Answer>;
  /** Makes the runs that are due, and does all that may go on. @returns how many were begun. */
  work(): Promise<number>;
  /** Asks for a run of a schedule, and does it. @returns the run as it is answered then. */
  run(scheduleId: string): Promise<Answer["body"]>;
  /** All records that the API gives. */
  records(entity: string, query?: string): Promise<Answer["body"][]>;
  close(): Promise<void>;
}

/** The body that adds a connector to the vendor. */
export function feedConnector(vendor: Pick<FeedVendor, "url">): object {
  return {
    code: `feed-${randomBytes(3).toString("hex")}`,
    name: "Our feed",
    type: "feed",
    environment: "sandbox",
    externalSystemUrl: vendor.url,
    authenticationMethod: "api_key",
    credentials: { key: "k" },
  };
}

/** What a test may change. */
export interface FeedServiceOptions {
  readonly settings?: Partial<ServiceSettings>;
  /** As in ISTHMUS_KEYS. */
  readonly keys?: string;
  /** Private addresses that may be reached beside the vendor's. */
  readonly hosts?: readonly string[];
  /** The process's. Default: the machine's. */
  readonly clock?: Clock;
}

/** Starts all of it on a database. */
export async function startFeedService(
  database: Database,
  { settings = {}, keys, hosts = [], clock }: FeedServiceOptions = {},
): Promise<FeedService> {
  const vendor = await startFeedVendor();
  const service = await startTestService(database, {
    connectors: [feed, loads],
    settings: { allowedPrivateHosts: [vendor.host, ...hosts], ...settings },
    ...(keys !== undefined && { keys }),
    ...(clock && { clock }),
  });
  const tenant = await service.createTenant();
  const { api } = tenant;
  const created = await api.post("/v1/connectors", feedConnector(vendor));
  const connectorId = String(created.body.id);
  const worker = new SyncWorker(service.services, { slots: 4 });
  const work = async () => {
    await fireDueSchedules(service.services);
    const begun = await worker.beginDue();
    await worker.settle();
    return begun;
  };
  return {
    vendor,
    service,
    worker,
    tenant,
    connectorId,
    schedule: (entity, changes) =>
      api.post(`/v1/connectors/${connectorId}/schedules`, { entity, cron: "0 3 * * *", paused: true, ...changes }),
    work,
    async run(scheduleId) {
      const { body } = await api.post(`/v1/schedules/${scheduleId}/run`, {});
      await work();
      return (await api.get(`/v1/sync-runs/${body.id}`)).body;
    },
    async records(entity, query = "") {
      const all: Answer["body"][] = [];
      for (let cursor = ""; ; ) {
        const path = `/v1/connectors/${connectorId}/records?entity=${entity}&limit=2${query}${cursor && `&cursor=${cursor}`}`;
        const { body } = await api.get(path);
        all.push(...body.data);
        if (!body.hasMore) return all;
        cursor = body.nextCursor;
      }
    },
    async close() {
      await service.close();
      await vendor.close();
    },
  };
}
