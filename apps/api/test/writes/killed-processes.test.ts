import { LocalKeyring } from "@isthmus/core";
import { quickbooks } from "@isthmus/quickbooks";
import { type QuickbooksSandbox, type SapSandbox, startQuickbooksSandbox, startSapSandbox } from "@isthmus/sandbox";
import { sap } from "@isthmus/sap";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SyncWorker } from "../../src/workers/sync-worker.js";
import { TestBrowser } from "../support/browser.js";
import { type LoadsProcess, startLoadsProcess } from "../support/loads/start-loads-process.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

/** How long a vendor waits before it does what it was asked, so that three of them can be met at it. */
const heldMs = 6_000;
const ordersPath = "/sap/opu/odata/sap/API_SALES_ORDER_SRV";

describe("writing back by processes that end", { timeout: 120_000 }, () => {
  const get = useServerDatabase();
  const keys = LocalKeyring.generate();
  const started: LoadsProcess[] = [];
  let books: QuickbooksSandbox;
  let system: SapSandbox;
  let service: TestService;
  let tenant: TestTenantClient;
  let hosts: string[];

  beforeAll(async () => {
    books = await startQuickbooksSandbox({ skipConsent: true, throttle: false });
    system = await startSapSandbox();
    hosts = [new URL(books.url).host, new URL(system.url).host];
    const options = { keys, connectors: [quickbooks, sap], settings: { allowedPrivateHosts: hosts } };
    service = await startTestService(get().database, options);
    hosts.push(new URL(service.sandbox.url).host);
    tenant = await service.createTenant();
  });
  afterAll(async () => {
    for (const { child, ended } of started) {
      child.kill("SIGKILL");
      await ended;
    }
    await service?.close();
    await books?.close();
    await system?.close();
  });

  const startWorker = async (): Promise<LoadsProcess> => {
    const [vendorHost = ""] = hosts;
    const task = {
      keys,
      platformKey,
      vendorHost,
      hosts,
      withInstalled: true,
      runLeaseMs: 1_500,
      role: "worker",
    } as const;
    const process = await startLoadsProcess({ ...task, database: { url: get().url } });
    started.push(process);
    return process;
  };
  const add = async (changes: object): Promise<string> =>
    (await tenant.api.post("/v1/connectors", { ...sandboxConnector(service), ...changes })).body.id;
  const connect = async (id: string): Promise<string> => {
    const { authorizationUrl } = (await tenant.api.post(`/v1/connectors/${id}/authorize`)).body;
    expect((await new TestBrowser().follow(authorizationUrl)).text).toContain("Connected");
    return id;
  };
  /** Reads an entity, so that it is known which versions of its records somebody has seen. @returns their ids. */
  const sync = async (id: string, entity: string): Promise<string[]> => {
    const schedule = { entity, cron: "0 3 * * *", paused: true };
    const { body } = await tenant.api.post(`/v1/connectors/${id}/schedules`, schedule);
    await tenant.api.post(`/v1/schedules/${body.id}/run`, {});
    const worker = new SyncWorker(service.services);
    await worker.beginDue();
    await worker.settle();
    const { data } = (await tenant.api.get(`/v1/connectors/${id}/records?entity=${entity}&limit=200`)).body;
    return data.map((each: { id: string }) => each.id);
  };
  const write = async (id: string, entity: string, records: readonly object[]): Promise<string> => {
    const { status, body, text } = await tenant.api.post(`/v1/connectors/${id}/records`, { entity, records });
    expect(status, text).toBe(202);
    return body.id;
  };
  const counted = async (runId: string) => {
    const read = async () => (await tenant.api.get(`/v1/operation-runs/${runId}`)).body;
    await expect.poll(async () => (await read()).endedAt, { timeout: 40_000, interval: 100 }).not.toBeNull();
    return (await read()).output;
  };
  const times = <Item>(count: number, make: (index: number) => Item) =>
    Array.from({ length: count }, (_, n) => make(n));

  it("doubles nothing at any vendor when one is killed while its second batch is being done", async () => {
    const crm = await connect(await add({}));
    const erp = await add({
      type: "sap",
      externalSystemUrl: system.url,
      authenticationMethod: "basic",
      credentials: { username: system.user.name, password: system.user.password },
      configuration: { client: "100", odata: { orders: { path: ordersPath } } },
    });
    const { id: clientId, secret: clientSecret } = books.client;
    const credentials = { clientId, clientSecret };
    const ledger = await connect(await add({ type: "quickbooks", externalSystemUrl: books.url, credentials }));
    const seen = {
      crm: await sync(crm, "Account"),
      erp: await sync(erp, "orders/A_SalesOrder"),
      ledger: await sync(ledger, "Customer"),
    };
    const customers = seen.ledger.length;

    service.sandbox.addFault({ pathPattern: "/composite/sobjects$", method: "POST", skip: 1, delayMs: heldMs });
    system.addFault({ path: `${ordersPath}/$batch`, skip: 3, delayMs: heldMs });
    books.addFault({ pathPattern: "/batch", skip: 1, delayMs: heldMs });
    const runs = {
      crm: await write(crm, "Account", [
        ...times(200, (n) => ({
          externalId: { field: "External_Id__c", value: `k-${n}` },
          record: { Name: `Keyed ${n}` },
        })),
        ...times(10, (n) => ({
          externalId: { field: "External_Id__c", value: `l-${n}` },
          record: { Name: `Keyed ${n}` },
        })),
        ...times(10, (n) => ({ record: { Name: `Plain ${n}` } })),
        ...seen.crm.slice(0, 10).map((id) => ({ id, record: { Industry: "Energy" } })),
      ]),
      erp: await write(erp, "orders/A_SalesOrder", [
        ...seen.erp.slice(0, 50).map((id) => ({ id, record: { PurchaseOrderByCustomer: "FIRST" } })),
        ...seen.erp.slice(50, 55).map((id) => ({ id, record: { PurchaseOrderByCustomer: "SECOND" } })),
        ...times(5, (n) => ({
          record: {
            SoldToParty: "17100001",
            PurchaseOrderByCustomer: `NEW-${n}`,
            to_Item: [{ Material: "TG11", RequestedQuantity: "1" }],
          },
        })),
      ]),
      ledger: await write(ledger, "Customer", [
        ...times(40, (n) => ({ record: { DisplayName: `Customer ${n}` } })),
        ...seen.ledger.slice(0, 5).map((id) => ({ id, record: { CompanyName: "Energy" } })),
      ]),
    };
    // Stopped as soon as all of them are on their way, so that it never learns what became of them, and killed when it is done.
    const vendors = [service.sandbox, system, books];
    const killed = await startWorker();
    const waiting = () => vendors.map((each) => each.faults().length);
    await expect.poll(waiting, { timeout: 30_000, interval: 10 }).toEqual([0, 0, 0]);
    killed.child.kill("SIGSTOP");
    const open = () => vendors.flatMap((each) => each.requests().filter(({ status }) => status === null));
    await expect.poll(open, { timeout: 10_000, interval: 10 }).toEqual([]);
    killed.child.kill("SIGKILL");
    expect(await killed.ended).toMatchObject({ signal: "SIGKILL" });
    await startWorker();

    // What has a key is made once and known again; of what has none, nobody says that it was made, and it is not made again.
    expect(await counted(runs.crm)).toEqual({ created: 210, unknown: 10, updated: 10 });
    expect(await counted(runs.erp)).toEqual({ updated: 55, unknown: 5 });
    expect(await counted(runs.ledger)).toEqual({ created: 40, updated: 5 });
    const accounts = async (like: string) => {
      const soql = `SELECT Id FROM Account WHERE Name LIKE '${like} %'`;
      return (await tenant.api.run(crm, "query", { soql })).body.records.length;
    };
    expect([await accounts("Keyed"), await accounts("Plain")]).toEqual([210, 10]);
    expect(system.state.salesOrders.list()).toHaveLength(65);
    expect((await tenant.api.run(ledger, "count", { entity: "Customer" })).body.count).toBe(customers + 40);
  });
});
