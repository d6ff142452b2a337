import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@isthmus/core";
import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../src/database/connection.js";
import { openEmbedded } from "../../src/database/embedded.js";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { platformKey, sandboxConnector } from "../support/service.js";
import { processSettings, type ServiceProcess, startServiceProcess } from "../support/service-process.js";

describe("the service as a process", { timeout: 60_000 }, () => {
  let sandbox: SalesforceSandbox;
  /** A data directory with a new database, made once: each test works on a copy. */
  let prepared: string;
  let directory: string;
  let settings: Readonly<Record<string, string>>;
  const started: ServiceProcess[] = [];

  beforeAll(async () => {
    sandbox = await startSalesforceSandbox({ skipConsent: true });
    prepared = await mkdtemp(join(tmpdir(), "isthmus-process-"));
    const first = startServiceProcess({ ...processSettings(prepared) });
    await first.ready;
    first.child.kill("SIGTERM");
    expect(await first.ended).toEqual({ code: 0, signal: null });
  });
  afterAll(async () => {
    await sandbox.close();
    await rm(prepared, { recursive: true, force: true });
  });
  beforeEach(async () => {
    sandbox.reset();
    directory = await mkdtemp(join(tmpdir(), "isthmus-process-"));
    await cp(prepared, directory, { recursive: true });
    settings = {
      ...processSettings(directory),
      ISTHMUS_PLATFORM_KEY: platformKey,
      ISTHMUS_ALLOWED_PRIVATE_HOSTS: new URL(sandbox.url).host,
    };
  });
  afterEach(async () => {
    for (const service of started.splice(0)) {
      service.child.kill("SIGKILL");
      await service.ended;
    }
    await rm(directory, { recursive: true, force: true });
  });

  const start = (changes: Readonly<Record<string, string>> = {}): ServiceProcess => {
    const service = startServiceProcess({ ...settings, ...changes });
    started.push(service);
    return service;
  };

  /** What nobody may do while the service runs. */
  async function inDatabase(work: (prisma: Connection["prisma"]) => Promise<unknown>): Promise<void> {
    const { prisma, close } = await openEmbedded(directory, { logger: silentLogger });
    await work(prisma);
    await close();
  }

  /** A tenant's key and a connector that a person has authorised. */
  async function connect(url: string): Promise<{ readonly key: string; readonly id: string }> {
    const tenant = await new ApiClient(url, platformKey).post("/v1/tenants", {
      name: "Process",
      administrator: { name: "Ada Admin", email: "ada@example.com" },
    });
    const { key } = tenant.body.apiKey;
    const api = new ApiClient(url, key);
    const { id } = (await api.post("/v1/connectors", sandboxConnector({ sandbox }))).body;
    const link = await api.post(`/v1/connectors/${id}/authorize`);
    expect((await new TestBrowser().follow(link.body.authorizationUrl)).text).toContain("Connected");
    return { key, id };
  }

  it("does the main job, is killed with SIGKILL, and goes on without a new authorisation", async () => {
    const first = start();
    const url = await first.ready;
    const { key, id } = await connect(url);
    const api = new ApiClient(url, key);
    expect((await api.post(`/v1/connectors/${id}/test`)).body).toMatchObject({ ok: true });
    const created = await api.run(id, "records.create", { sobject: "Account", record: { Name: "Survivor AB" } });
    expect(created.status).toBe(200);
    const recordId = created.body.id;
    await api.run(id, "records.update", { sobject: "Account", id: recordId, record: { Name: "Survivor Holding AB" } });
    first.child.kill("SIGKILL");
    expect(await first.ended).toMatchObject({ signal: "SIGKILL" });

    const second = start();
    const again = new ApiClient(await second.ready, key);
    const soql = `SELECT Id, Name FROM Account WHERE Id = '${recordId}'`;
    expect((await again.run(id, "query", { soql })).body.records).toMatchObject([{ Name: "Survivor Holding AB" }]);
    expect((await again.post(`/v1/connectors/${id}/refresh`)).status).toBe(200);
    expect((await again.run(id, "records.delete", { sobject: "Account", id: recordId })).status).toBeLessThan(300);
  });

  it("finishes what is in flight when it is told to stop, takes nothing new, and ends with 0", async () => {
    const service = start();
    const url = await service.ready;
    const { key, id } = await connect(url);
    const api = new ApiClient(url, key);
    await api.run(id, "limits", {});
    sandbox.clearRequests();
    sandbox.addFault({ path: "/services/data", delayMs: 1_500 });
    const inFlight = api.run(id, "records.create", { sobject: "Account", record: { Name: "In flight" } });
    await expect.poll(() => service.stderr() === "" && sandbox.faults().length, { interval: 20 }).toBe(0);
    const toldAtMs = Date.now();
    service.child.kill("SIGTERM");
    await expect
      .poll(
        () =>
          fetch(`${url}/readyz`).then(
            ({ status }) => status === 200,
            () => false,
          ),
        { interval: 20 },
      )
      .toBe(false);
    expect(await inFlight).toMatchObject({ status: 200, body: { id: expect.any(String) } });
    expect(await service.ended).toEqual({ code: 0, signal: null });
    // It waits for the request, and for nothing else: connections that are merely kept open are closed.
    expect(Date.now() - toldAtMs).toBeLessThan(8_000);
  });

  it("TEST-009 renews a token that is due, although nobody asks for anything", async () => {
    const first = start();
    const { key, id } = await connect(await first.ready);
    first.child.kill("SIGTERM");
    await first.ended;
    await inDatabase((prisma) => prisma.$executeRaw`update connector_tokens set refresh_at = now()`);

    sandbox.clearRequests();
    const second = start();
    const api = new ApiClient(await second.ready, key);
    await expect
      .poll(() => sandbox.requests({ path: "/services/oauth2/token" }).length, { interval: 20, timeout: 15_000 })
      .toBe(1);
    expect((await api.post(`/v1/connectors/${id}/test`)).body).toMatchObject({ ok: true });
    expect(sandbox.requests({ path: "/services/oauth2/token" })).toHaveLength(1);
    second.child.kill("SIGTERM");
    expect(await second.ended).toEqual({ code: 0, signal: null });
    expect(second.stderr()).toBe("");
  });

  it("stores a renewal that is under way when it is told to stop, and only then ends", async () => {
    const first = start();
    await connect(await first.ready);
    first.child.kill("SIGTERM");
    await first.ended;
    await inDatabase((prisma) => prisma.$executeRaw`update connector_tokens set refresh_at = now()`);

    sandbox.clearRequests();
    sandbox.addFault({ path: "/services/oauth2/token", delayMs: 1_500 });
    const second = start();
    await second.ready;
    await expect.poll(() => sandbox.faults().length, { interval: 20, timeout: 15_000 }).toBe(0);
    second.child.kill("SIGTERM");
    expect(await second.ended).toEqual({ code: 0, signal: null });
    await inDatabase(async (prisma) => {
      const rows = await prisma.$queryRaw`select version, attempt_id from connector_tokens`;
      expect(rows).toEqual([{ version: 2, attempt_id: null }]);
    });
  });

  it("ends at once on a second signal", async () => {
    const service = start();
    const url = await service.ready;
    const { key, id } = await connect(url);
    sandbox.addFault({ path: "/services/data", delayMs: 30_000 });
    const cut = new ApiClient(url, key).run(id, "limits", {}).then(
      () => "answered",
      () => "cut",
    );
    await expect.poll(() => sandbox.faults().length, { interval: 20 }).toBe(0);
    service.child.kill("SIGINT");
    await expect
      .poll(
        () =>
          fetch(url).then(
            ({ status }) => status < 500,
            () => false,
          ),
        { interval: 20 },
      )
      .toBe(false);
    service.child.kill("SIGINT");
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(await cut).toBe("cut");
  });

  it("refuses a data directory that another process holds, and names the holder", async () => {
    const holder = start();
    await holder.ready;
    const second = start();
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(second.stderr()).toContain(`process ${holder.child.pid} on`);
    expect(second.stderr()).not.toMatch(/\n\s+at /);
    expect((await fetch(`${await holder.ready}/readyz`)).status).toBe(200);
  });

  it("refuses a wrong configuration with a line for each problem, without a stack, with exit code 1", async () => {
    const service = start({ ISTHMUS_KEYS: "", PORT: "high", ISTHMUS_PLATFORM_KEY: "sesame" });
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.stdout()).toBe("");
    const lines = service.stderr().trim().split("\n");
    expect(lines).toHaveLength(4);
    expect(service.stderr()).toMatch(/ISTHMUS_KEYS: is missing\..*node -p/);
    expect(service.stderr()).not.toMatch(/sesame|\n\s+at /);
  });

  it("says which package is not installed, and which port is taken", async () => {
    const missing = start({ ISTHMUS_CONNECTORS: "@acme/not-there" });
    expect(await missing.ended).toMatchObject({ code: 1 });
    expect(missing.stderr()).toContain("@acme/not-there, which is not installed");
    const noConnector = start({ ISTHMUS_CONNECTORS: "pino" });
    expect(await noConnector.ended).toMatchObject({ code: 1 });
    expect(noConnector.stderr()).toContain("pino, which is not a connector package");
    const taken = start({ PORT: String(sandbox.port) });
    expect(await taken.ended).toMatchObject({ code: 1 });
    expect(taken.stderr()).toContain("EADDRINUSE");
  });
});
