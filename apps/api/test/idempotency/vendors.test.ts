import { randomUUID } from "node:crypto";
import { LocalKeyring } from "@isthmus/core";
import { quickbooks } from "@isthmus/quickbooks";
import { type QuickbooksSandbox, type SapSandbox, startQuickbooksSandbox, startSapSandbox } from "@isthmus/sandbox";
import { sap } from "@isthmus/sap";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { MortalDatabase } from "./mortal-database.js";

describe("a record of a vendor that is made with an Idempotency-Key", () => {
  const get = useServerDatabase();
  let books: QuickbooksSandbox;
  let mortal: MortalDatabase;
  let dying: TestService;
  let service: TestService;
  let tenant: TestTenantClient;
  let booksId: string;
  let crmId: string;
  let system: SapSandbox;
  let erpId: string;

  beforeAll(async () => {
    system = await startSapSandbox();
    books = await startQuickbooksSandbox({ skipConsent: true });
    const keys = LocalKeyring.generate();
    mortal = new MortalDatabase(get().database);
    const allowedPrivateHosts = [new URL(books.url).host, new URL(system.url).host];
    const options = { keys, connectors: [quickbooks, sap], settings: { allowedPrivateHosts } };
    service = await startTestService(get().database, options);
    allowedPrivateHosts.push(new URL(service.sandbox.url).host);
    dying = await startTestService(mortal, { ...options, sandbox: service.sandbox });
    tenant = await service.createTenant();
    crmId = await connect(sandboxConnector(service));
    const credentials = { clientId: books.client.id, clientSecret: books.client.secret };
    booksId = await connect({
      ...sandboxConnector(service),
      type: "quickbooks",
      externalSystemUrl: books.url,
      credentials,
    });
    const { name: username, password } = system.user;
    const orders = { path: "/sap/opu/odata/sap/API_SALES_ORDER_SRV" };
    const partners = { SNDPOR: "ISTHMUS", SNDPRN: "ISTHMUS", RCVPOR: "SAPS4H", RCVPRN: "S4HCLNT100" };
    const erp = await tenant.api.post("/v1/connectors", {
      ...sandboxConnector(service),
      type: "sap",
      externalSystemUrl: system.url,
      authenticationMethod: "basic",
      credentials: { username, password },
      configuration: {
        client: "100",
        odata: { orders: { ...orders, repeatableRequests: true }, "unprepared-orders": orders },
        idoc: { partners },
      },
    });
    erpId = erp.body.id;
  });
  afterAll(async () => {
    await system.close();
    await dying.close();
    await service.close();
    await books.close();
  });

  const connect = async (connector: object): Promise<string> => {
    const { id } = (await tenant.api.post("/v1/connectors", connector)).body;
    const { authorizationUrl } = (await tenant.api.post(`/v1/connectors/${id}/authorize`)).body;
    expect((await new TestBrowser().follow(authorizationUrl)).text).toContain("Connected");
    return id;
  };
  const invoice = (key: string, at: TestService = service): Promise<Answer> => {
    const Line = [
      { Amount: 12.5, DetailType: "SalesItemLineDetail", SalesItemLineDetail: { ItemRef: { value: "1" } } },
    ];
    const record = { CustomerRef: { value: "1" }, PrivateNote: key, Line };
    const api = new ApiClient(at.url, tenant.apiKey);
    return api.run(booksId, "records.create", { entity: "Invoice", record }, { "idempotency-key": key });
  };
  const invoices = async (key: string) => {
    const query = "select * from Invoice";
    const { body } = await tenant.api.run(booksId, "query", { query });
    return body.records.filter((each: { PrivateNote?: string }) => each.PrivateNote === key).length;
  };
  const endLeases = async () => {
    const client = await get().server.connectAsSuperuser(get().url);
    await client.query("update idempotency_keys set lease_until = clock_timestamp() where lease_until is not null");
    await client.end();
  };

  it("is one invoice of QuickBooks, although every answer was cut after it was made", async () => {
    const key = randomUUID();
    books.addFault({ path: `/v3/company/${books.realmId}/invoice`, method: "POST", cutAfter: true, times: 4 });
    const cut = await invoice(key);
    expect(cut).toMatchObject({ status: 502, body: { code: "VENDOR_UNAVAILABLE", retryable: true } });
    const made = await invoice(key);
    expect(made).toMatchObject({ status: 200, body: { PrivateNote: key } });
    expect(await invoice(key)).toMatchObject({ status: 200, text: made.text });
    expect(await invoices(key)).toBe(1);
  });

  it("is one invoice of QuickBooks, although the process ended when it was made", async () => {
    const key = randomUUID();
    const stop = books.onChange(() => mortal.dieAt(0, false));
    await invoice(key, dying);
    stop();
    expect(mortal.isDead).toBe(true);
    mortal.revive();
    expect(await invoice(key)).toMatchObject({ status: 409, body: { code: "IDEMPOTENCY_KEY_IN_USE" } });
    await endLeases();
    const made = await invoice(key);
    expect(made).toMatchObject({ status: 200, body: { PrivateNote: key } });
    expect(made.headers.get("idempotency-replayed")).toBeNull();
    expect(await invoices(key)).toBe(1);
  });

  const order = (key: string, orders: string, at: TestService = service): Promise<Answer> => {
    const record = {
      ...{ SalesOrderType: "OR", SalesOrganization: "1010", DistributionChannel: "10", OrganizationDivision: "00" },
      ...{ SoldToParty: "17100001", PurchaseOrderByCustomer: key.slice(0, 30) },
      to_Item: [{ Material: "TG12", RequestedQuantity: "2" }],
    };
    const api = new ApiClient(at.url, tenant.apiKey);
    const input = { service: orders, entitySet: "A_SalesOrder", record };
    return api.run(erpId, "odata.create", input, { "idempotency-key": key });
  };
  const ordersOf = (key: string) =>
    system.state.salesOrders.list().filter((each) => each.PurchaseOrderByCustomer === key.slice(0, 30)).length;

  it.each([
    ["orders", { status: 200, body: { record: { SoldToParty: "17100001" }, messages: [] } }],
    ["unprepared-orders", { status: 504, body: { code: "OUTCOME_UNKNOWN" } }],
  ])("is one order of SAP, although the process ended when it was made: %s", async (orders, expected) => {
    const key = randomUUID();
    const stop = system.state.salesOrders.onChange(() => mortal.dieAt(0, false));
    await order(key, orders, dying);
    stop();
    expect(mortal.isDead).toBe(true);
    mortal.revive();
    await endLeases();
    const made = await order(key, orders);
    expect(made).toMatchObject(expected);
    expect((await order(key, orders)).status).toBe(made.status);
    expect(ordersOf(key)).toBe(1);
  });

  it("is one IDoc of SAP that is to be taken exactly once, although its answers were cut", async () => {
    const key = randomUUID();
    const control = { IDOCTYP: "ORDERS05", MESTYP: "ORDERS" };
    const segments = [{ name: "E1EDK01", fields: { BELNR: "PO-1" } }];
    const input = { key, form: "soap", exactlyOnce: true, idocs: [{ control, segments }] };
    const send = () => tenant.api.run(erpId, "idocs.send", input, { "idempotency-key": key });
    system.addFault({ path: "/sap/bc/srt/idoc", method: "POST", cutAfter: true, times: 10 });
    expect(await send()).toMatchObject({ body: { retryable: true } });
    system.clearFaults();
    const sent = await send();
    expect(sent).toMatchObject({ status: 200, body: { state: "stored", idocs: [{ docnum: expect.any(String) }] } });
    expect(await send()).toMatchObject({ status: 200, text: sent.text });
    const stored = system.idocs().filter(({ senderDocnum }) => senderDocnum === sent.body.idocs[0].transferId);
    expect(stored).toHaveLength(1);
  });

  it("is one account of Salesforce, which knows no key: OUTCOME_UNKNOWN, by whomever it is said", async () => {
    const account = (key: string): Promise<Answer> => {
      const input = { sobject: "Account", record: { Name: key } };
      return tenant.api.run(crmId, "records.create", input, { "idempotency-key": key });
    };
    const accounts = async (key: string) => {
      const soql = `SELECT Id FROM Account WHERE Name = '${key}'`;
      return (await tenant.api.run(crmId, "query", { soql })).body.totalSize;
    };
    const key = randomUUID();
    service.sandbox.addFault({ path: "/services/data", method: "POST", cutAfter: true });
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await account(key)).toMatchObject({ status: 504, body: { code: "OUTCOME_UNKNOWN" } });
    }
    expect(await accounts(key)).toBe(1);
    const fine = randomUUID();
    const made = await account(fine);
    expect(await account(fine)).toMatchObject({ status: 200, text: made.text });
    expect(await accounts(fine)).toBe(1);
  });
});
