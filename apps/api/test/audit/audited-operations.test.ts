import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { LocalKeyring } from "@isthmus/core";
import { custom } from "@isthmus/custom";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { startServiceProcess } from "../support/service-process.js";

const secret = "the-secret-of-the-vendor";

describe("what a connector does, in the audit", () => {
  const get = useServerDatabase();
  const keys = LocalKeyring.generate();
  let vendor: Server;
  let vendorUrl: string;
  /** What the vendor does with the next call. */
  let answer: (status: () => void) => void;
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;

  beforeAll(async () => {
    vendor = createServer((request, response) => {
      request.resume();
      const status = request.url === "/fails" ? 422 : 200;
      const end = () => response.writeHead(status, { "content-type": "application/json" }).end('{"id":"1"}');
      answer(end);
    }).listen(0, "127.0.0.1");
    await once(vendor, "listening");
    vendorUrl = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`;
    const settings = { allowedPrivateHosts: [new URL(vendorUrl).host] };
    service = await startTestService(get().database, { keys, connectors: [custom], settings });
  });
  afterAll(async () => {
    await service?.close();
    vendor.closeAllConnections();
    vendor.close();
  });
  beforeEach(async () => {
    answer = (end) => end();
    tenant = await service.createTenant();
    connectorId = await create(tenant.api);
  });

  const operation = (name: string, kind: "read" | "write") => ({
    name,
    summary: name,
    kind,
    method: kind === "read" ? "GET" : "POST",
    path: `/${name}`,
    input: { type: "object", properties: { note: { type: "string" } } },
    output: { type: "object" },
  });
  async function create(api: ApiClient): Promise<string> {
    const created = await api.post("/v1/connectors", {
      code: "vendor",
      name: "Vendor",
      type: "custom",
      environment: "sandbox",
      externalSystemUrl: vendorUrl,
      authenticationMethod: "api_key",
      credentials: { apiKey: secret },
      configuration: {
        authentication: { apiKey: { name: "x-key" } },
        test: { path: "/me", accountId: "/id" },
        operations: [operation("writes", "write"), operation("fails", "write"), operation("reads", "read")],
      },
    });
    expect(created.status, created.text).toBe(201);
    return created.body.id;
  }
  const audited = async (query: string, api = tenant.api) => (await api.get(`/v1/audit-events?${query}`)).body.data;

  it("a write is there before the vendor is asked, and its outcome after, both with the request and the caller", async () => {
    let before: unknown[] = [];
    answer = (end) => {
      void audited("requestId=writes-something").then((data) => {
        before = data;
        end();
      });
    };
    const input = { note: "what only the vendor is to know" };
    const written = await tenant.api.run(connectorId, "writes", input, { "x-request-id": "writes-something" });
    expect(written.status, written.text).toBe(200);
    expect(before).toMatchObject([{ action: "operation.begun" }, { action: "credentials.opened" }]);
    const [outcome, begun, opened] = await audited("requestId=writes-something");
    const about = { target: { type: "connector", id: connectorId }, actor: { userId: tenant.userId }, ip: "127.0.0.1" };
    expect(begun).toMatchObject({ ...about, outcome: "success", details: { operation: "writes" } });
    expect(outcome).toMatchObject({
      ...about,
      action: "operation.run",
      outcome: "success",
      details: { operation: "writes", begun: begun.id },
    });
    // Opened once to be kept, for who came first; not for every call.
    expect(opened).toMatchObject({ ...about, details: { connectorVersion: 1 } });
    await tenant.api.run(connectorId, "writes", {}, { "x-request-id": "writes-again" });
    expect((await audited("requestId=writes-again")).length).toBe(2);
    expect(JSON.stringify(await audited("limit=200"))).not.toContain(input.note);
  });

  it("a write that fails says how", async () => {
    await tenant.api.run(connectorId, "fails", {});
    expect(await audited("action=operation.run")).toMatchObject([
      { outcome: "failure", details: { operation: "fails", code: expect.any(String), begun: expect.any(String) } },
    ]);
  });

  it("nothing is sent where it cannot be audited", async () => {
    let asked = 0;
    answer = (end) => {
      asked += 1;
      end();
    };
    await tenant.api.run(connectorId, "reads", {});
    const client = await get().server.connectAsSuperuser(get().url);
    const refuse = "alter table audit_events add constraint refused check (action <> 'operation.begun') not valid";
    try {
      await client.query(refuse);
      expect((await tenant.api.run(connectorId, "writes", {})).status).toBe(500);
    } finally {
      await client.query("alter table audit_events drop constraint refused");
      await client.end();
    }
    expect(asked).toBe(1);
  });

  it("reads are there in sums: who, from where, what and how often", async () => {
    for (let call = 0; call < 3; call++) await tenant.api.run(connectorId, "reads", {});
    answer = (end) => void end; // never
    expect(await audited("action=operation.read")).toEqual([]);
    await service.services.readSums.flush();
    await service.services.readSums.flush();
    expect(await audited("action=operation.read")).toMatchObject([
      {
        outcome: "success",
        actor: { userId: tenant.userId, apiKeyId: expect.any(String) },
        target: { type: "connector", id: connectorId },
        ip: "127.0.0.1",
        details: { operation: "reads", calls: 3, failures: 0, since: expect.any(String) },
      },
    ]);
  });

  it("the intent of a write survives kill -9 of the process that sent it", { timeout: 60_000 }, async () => {
    const process = startServiceProcess({
      DATABASE_URL: get().url,
      ISTHMUS_KEYS: keys,
      ISTHMUS_PLATFORM_KEY: platformKey,
      ISTHMUS_ALLOWED_PRIVATE_HOSTS: new URL(vendorUrl).host,
      ISTHMUS_ROLE: "api",
    });
    try {
      const url = await process.ready;
      const administrator = { name: "Ada Admin", email: "ada@example.com" };
      const made = await new ApiClient(url, platformKey).post("/v1/tenants", { name: "Killed", administrator });
      const api = new ApiClient(url, made.body.apiKey.key);
      const id = await create(api);
      const asked = new Promise<void>((resolve) => {
        answer = () => resolve(); // and no answer, ever
      });
      const cut = api.run(id, "writes", {}, { "x-request-id": "was-killed" }).catch((error: unknown) => error);
      await asked;
      process.child.kill("SIGKILL");
      await process.ended;
      expect(await cut).toBeInstanceOf(Error);
      // Another process of the same database tells.
      const left = await audited("requestId=was-killed", new ApiClient(service.url, made.body.apiKey.key));
      expect(left.map(({ action }: { action: string }) => action)).toEqual(["operation.begun", "credentials.opened"]);
    } finally {
      process.child.kill("SIGKILL");
      await process.ended;
    }
  });
});

describe("keys in use, in the audit", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let nowMs = Date.now();

  beforeAll(async () => {
    const clock = { now: () => nowMs, sleep: () => Promise.resolve() };
    service = await startTestService(get().database, { clock });
    tenant = await service.createTenant();
  });
  afterAll(() => service?.close());

  const audited = async (action: string) => (await tenant.api.get(`/v1/audit-events?action=${action}`)).body.data;

  it("are there with the first use from an address, once a day", async () => {
    const { id, key } = (await tenant.api.post("/v1/api-keys", { name: "used" })).body;
    const used = async () =>
      (await audited("api_key.used")).filter(({ target }: { target: { id: string } }) => target.id === id);
    const api = new ApiClient(service.url, key);
    for (let call = 0; call < 3; call++) await api.get("/v1/connectors", { "x-request-id": `use-number-${call}` });
    expect(await used()).toMatchObject([{ actor: { apiKeyId: id }, ip: "127.0.0.1", requestId: "use-number-0" }]);
    nowMs += 86_400_000;
    await api.get("/v1/connectors");
    expect((await used()).length).toBe(2);
  });

  it.each(["revoked", "expired", "user_disabled"])(
    "are there when they are refused because they are %s, at most once an hour",
    async (reason) => {
      const person = { email: `${reason}@example.com`, name: "x", roles: ["viewer"] };
      const userId = (await tenant.api.post("/v1/users", person)).body.id;
      const { id, key } = (await tenant.api.post("/v1/api-keys", { name: "x", userId })).body;
      if (reason === "revoked") await tenant.api.delete(`/v1/api-keys/${id}`);
      if (reason === "user_disabled") await tenant.api.patch(`/v1/users/${userId}`, { disabled: true });
      const client = await get().server.connectAsSuperuser(get().url);
      if (reason === "expired") await client.query("update api_keys set expires_at = now() where id = $1", [id]);
      await client.end();
      const api = new ApiClient(service.url, key);
      const refused = async () =>
        (await audited("api_key.refused")).filter(({ target }: { target: { id: string } }) => target.id === id);
      for (let call = 0; call < 5; call++) expect((await api.get("/v1/connectors")).status).toBe(401);
      expect(await refused()).toMatchObject([
        { outcome: "denied", actor: { userId, apiKeyId: id }, ip: "127.0.0.1", details: { reason, refusedBefore: 0 } },
      ]);
      nowMs += 3_600_000;
      await api.get("/v1/connectors");
      expect(await refused()).toMatchObject([
        { details: { reason, refusedBefore: 4 } },
        { details: { refusedBefore: 0 } },
      ]);
      expect(JSON.stringify(await refused())).not.toContain(key.slice(-20));
    },
  );

  it("are not there when nobody knows them", async () => {
    const count = async () => {
      const client = await get().server.connectAsSuperuser(get().url);
      const { rows } = await client.query("select count(*)::int as events from audit_events");
      await client.end();
      return rows[0].events;
    };
    const before = await count();
    const unknown = `isth_00000000_${"a".repeat(43)}`;
    expect((await new ApiClient(service.url, unknown).get("/v1/connectors")).status).toBe(401);
    expect(await count()).toBe(before);
  });
});
