import { quickbooks } from "@isthmus/quickbooks";
import { type QuickbooksSandbox, startQuickbooksSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SyncWorker } from "../../src/workers/sync-worker.js";
import { TestBrowser } from "../support/browser.js";
import { describeLongWork } from "../support/databases.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { addEndpoint } from "./deliveries.js";

describeLongWork("QuickBooks' own deliveries", (get) => {
  // Filled once the sandbox, which has to know the endpoint's address, is there.
  const allowedPrivateHosts: string[] = [];
  let service: TestService;
  let tenant: TestTenantClient;
  let books: QuickbooksSandbox;

  beforeAll(async () => {
    service = await startTestService(get().database, { connectors: [quickbooks], settings: { allowedPrivateHosts } });
    tenant = await service.createTenant();
    const { url } = await addEndpoint(tenant, { secret: "verifier-token" });
    // Intuit may send a delivery twice.
    const webhooks = { url, verifierToken: "verifier-token", batchMs: 60_000, copies: 2 };
    books = await startQuickbooksSandbox({ webhooks });
    allowedPrivateHosts.push(new URL(books.url).host);
  });
  afterAll(async () => {
    await service?.close();
    await books?.close();
  });

  /** A connector to the company, by way of Intuit's page. */
  async function connect(realmId: string): Promise<string> {
    const { api } = tenant;
    const { id } = (
      await api.post("/v1/connectors", {
        code: `books-${realmId}`,
        name: "Books",
        type: "quickbooks",
        environment: "sandbox",
        externalSystemUrl: books.url,
        authenticationMethod: "oauth2_authorization_code",
        credentials: { clientId: books.client.id, clientSecret: books.client.secret },
      })
    ).body;
    const browser = new TestBrowser();
    const page = await browser.follow((await api.post(`/v1/connectors/${id}/authorize`)).body.authorizationUrl);
    const allowed = await fetch(new URL(/action="([^"]+)"/.exec(page.text)?.[1] ?? "", page.url), {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({
        request: /name="request" value="([^"]+)"/.exec(page.text)?.[1] ?? "",
        username: realmId,
        decision: "allow",
      }),
    });
    expect((await browser.follow(allowed.headers.get("location") ?? "")).text).toContain("Connected");
    return id;
  }

  it("tell each connector what was changed in its company, once, and that is read where a schedule follows it", async () => {
    for (const realmId of books.realmIds) {
      const id = await connect(realmId);
      const schedule = { entity: "Customer", cron: "0 3 * * *" };
      expect(await tenant.api.post(`/v1/connectors/${id}/schedules`, schedule)).toMatchObject({ status: 201 });
      const record = { DisplayName: `Ann of ${realmId}` };
      const created = await tenant.api.run(id, "records.create", { entity: "Customer", record });
      await books.flushWebhooks();
      const told = (await tenant.api.get(`/v1/connectors/${id}/inbound-events`)).body.data;
      expect(told).toEqual([
        expect.objectContaining({
          accountId: realmId,
          entity: "Customer",
          recordId: created.body.Id,
          type: "qbo.customer.created.v1",
          handledAt: null,
        }),
      ]);
      await get().queryPastGuards("update sync_runs set next_attempt_at = now() - interval '1 second'");
      const worker = new SyncWorker(service.services);
      expect(await worker.beginDue()).toBe(1);
      await worker.settle();
      const runs = (await tenant.api.get(`/v1/sync-runs?connectorId=${id}`)).body.data;
      expect(runs).toMatchObject([{ trigger: "event", status: "succeeded" }]);
      const records = (await tenant.api.get(`/v1/connectors/${id}/records?entity=Customer&limit=1000`)).body.data;
      expect(records).toContainEqual(expect.objectContaining({ data: expect.objectContaining(record) }));
      const events = (await tenant.api.get(`/v1/connectors/${id}/inbound-events`)).body.data;
      expect(events).toMatchObject([{ handledAt: expect.any(String) }]);
    }
  });
});
