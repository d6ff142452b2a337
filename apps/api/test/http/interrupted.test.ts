import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describe("calls that are interrupted or meet each other", () => {
  const get = useServerDatabase();
  const keys = LocalKeyring.generate("k1");
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;
  let path: string;

  beforeAll(async () => {
    service = await startTestService(get().database, { keys });
    tenant = await service.createTenant();
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    service.sandbox.clearFaults();
    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    path = `/v1/connectors/${connectorId}`;
    await new TestBrowser().follow((await tenant.api.post(`${path}/authorize`)).body.authorizationUrl);
    service.sandbox.clearRequests();
  });

  const runWith = (signal: AbortSignal, operation: string, input: object, accept = "application/json") =>
    fetch(`${service.url}${path}/operations/${operation}`, {
      method: "POST",
      headers: { authorization: `Bearer ${tenant.apiKey}`, "content-type": "application/json", accept },
      body: JSON.stringify(input),
      signal,
    });
  /** Resolves when the next operation has ended, well or not. */
  const nextCompletion = () =>
    new Promise((resolve) => {
      const off = service.services.events.on("operation.completed", (event) => {
        off();
        resolve(event);
      });
    });
  const faultTaken = () => expect.poll(() => service.sandbox.faults().length, { interval: 10 }).toBe(0);
  const audited = async (action: string) =>
    (await tenant.api.get(`/v1/audit-events?targetId=${connectorId}&action=${action}`)).body.data;

  it("ends a read at the vendor when its caller has gone", async () => {
    service.sandbox.addFault({ path: "/services/data", delayMs: 20_000 });
    const caller = new AbortController();
    const answer = runWith(caller.signal, "limits", {});
    await faultTaken();
    const ended = nextCompletion();
    caller.abort();
    await expect(answer).rejects.toThrow();
    expect(await ended).toMatchObject({ operation: "limits", code: "CANCELLED" });
  });

  it("finishes and audits a write whose caller has gone", async () => {
    service.sandbox.addFault({ path: "/services/data", delayMs: 500 });
    const caller = new AbortController();
    const answer = runWith(caller.signal, "records.create", { sobject: "Account", record: { Name: "Left alone" } });
    await faultTaken();
    caller.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(() => audited("operation.run")).toMatchObject([{ outcome: "success" }]);
  });

  it("stops asking the vendor for pages when the reader of a stream has gone", async () => {
    const next = "/services/data/v60.0/query/01gNEXT-2";
    const records = [1, 2].map((index) => ({ attributes: { type: "Account" }, Id: `00100000000000${index}AAA` }));
    service.sandbox.addFault({
      pathPattern: "/query\\?",
      status: 200,
      body: { totalSize: 4, done: false, nextRecordsUrl: next, records },
    });
    service.sandbox.addFault({ path: next, delayMs: 20_000 });
    const caller = new AbortController();
    const answer = await runWith(caller.signal, "query", { soql: "SELECT Id FROM Account" }, "application/x-ndjson");
    const reader = answer.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString("utf8")).toContain("001000000000001AAA");
    await faultTaken();
    const ended = nextCompletion();
    caller.abort();
    expect(await ended).toMatchObject({ operation: "query" });
    // The connector is free again: one in use is closed only when its work has ended.
    await service.services.pool.close();
    expect(await tenant.api.run(connectorId, "limits", {})).toMatchObject({ status: 200 });
  });

  it("lets a deletion and an operation meet: each gets an answer that says what happened", async () => {
    service.sandbox.addFault({ path: "/services/data", delayMs: 300 });
    const running = tenant.api.run(connectorId, "records.create", { sobject: "Account", record: { Name: "Meeting" } });
    await faultTaken();
    const [deleted, again, answer] = await Promise.all([tenant.api.delete(path), tenant.api.delete(path), running]);
    // Whichever comes first has done it; the other one finds nothing, or sees that it was overtaken.
    const statuses = [deleted.status, again.status].sort();
    expect(statuses[0]).toBe(204);
    expect([404, 412]).toContain(statuses[1]);
    expect(answer.status).toBeLessThan(500);
    expect((await tenant.api.run(connectorId, "limits", {})).status).toBe(404);
    expect(await audited("connector.deleted")).toHaveLength(1);
  });

  it("lets one of two deletions of one version win", async () => {
    const answers = await Promise.all(
      [1, 2, 3].map(() => tenant.api.delete(path, { "if-match": '"1"' }).then(({ status }) => status)),
    );
    expect(answers.filter((status) => status === 204)).toHaveLength(1);
    expect(answers.every((status) => [204, 404, 412].includes(status))).toBe(true);
  });

  it("finishes what a key has begun, and takes nothing more from it once it is withdrawn", async () => {
    const { id, key } = (await tenant.api.post("/v1/api-keys", { name: "short" })).body;
    const api = new ApiClient(service.url, key);
    service.sandbox.addFault({ path: "/services/data", delayMs: 300 });
    const running = api.run(connectorId, "limits", {});
    await faultTaken();
    expect((await tenant.api.delete(`/v1/api-keys/${id}`)).status).toBe(204);
    expect((await api.run(connectorId, "limits", {})).status).toBe(401);
    expect((await running).status).toBe(200);
  });

  it("keeps list, get and the row when the key that sealed is not in the ring, and says so on every use", async () => {
    const { sandbox } = service;
    const lost = await startTestService(get().database, { keys: LocalKeyring.generate("k9"), sandbox });
    const api = new ApiClient(lost.url, tenant.apiKey);
    const before = (await api.get(path)).body;
    try {
      expect(before).toMatchObject({ status: "connected", hasCredentials: true });
      expect((await api.get("/v1/connectors?limit=200")).body.data).toContainEqual(before);
      const uses = [
        await api.run(connectorId, "limits", {}),
        await api.post(`${path}/test`),
        await api.post(`${path}/refresh`),
        await api.post(`${path}/authorize`),
        await api.get(`${path}/entities`),
        await api.patch(path, { configuration: {} }, { "if-match": '"1"' }),
      ];
      for (const { status, body } of uses) {
        expect([status, body.code, body.retryable]).toEqual([500, "SEALED_VALUE_UNREADABLE", false]);
      }
      expect((await api.get(path)).body).toEqual(before);
      // What cannot be opened any more can still be removed.
      const other = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
      expect((await api.delete(`/v1/connectors/${other}`)).status).toBe(204);
    } finally {
      await lost.close();
    }
    expect((await tenant.api.run(connectorId, "limits", {})).status).toBe(200);
  });
});
