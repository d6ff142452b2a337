import { LocalKeyring, silentLogger } from "@isthmus/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/database/index.js";
import { stopService } from "../../src/stop-on-signal.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describe("stopping within a bound", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;
  let closed: string[];

  beforeEach(async () => {
    closed = [];
    // Closing it is seen, and left to the suite.
    const database: Database = {
      ...get().database,
      close() {
        closed.push("database");
        return Promise.resolve();
      },
    };
    const keyProvider = Object.assign(LocalKeyring.parse(LocalKeyring.generate()), {
      close: async () => void closed.push("key provider"),
    });
    service = await startTestService(database, { keyProvider });
    tenant = await service.createTenant();
    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    await new TestBrowser().follow(
      (await tenant.api.post(`/v1/connectors/${connectorId}/authorize`)).body.authorizationUrl,
    );
    await tenant.api.run(connectorId, "limits", {});
  });
  afterEach(() => service.sandbox.close());

  const stop = (graceMs: number) => stopService({ ...service, logger: silentLogger, graceMs });
  const slow = async (delayMs: number, operation: string, input: object) => {
    service.sandbox.addFault({ path: "/services/data", delayMs });
    const answer = tenant.api.run(connectorId, operation, input).then(
      ({ status }) => status,
      () => "cut",
    );
    await expect.poll(() => service.sandbox.faults().length, { interval: 10 }).toBe(0);
    return { answer };
  };

  it.each([
    ["a write", "records.create", { sobject: "Account", record: { Name: "Slow" } }],
    ["a read", "limits", {}],
  ])("ends %s that outlasts the grace, and closes everything", async (_, operation, input) => {
    const { answer } = await slow(30_000, operation, input);
    const began = Date.now();
    await stop(300);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(["cut", 503, 504]).toContain(await answer);
    expect([closed, service.services.pool.size]).toEqual([["database", "key provider"], 0]);
  });

  it("waits for what ends within the grace, and no longer", async () => {
    const { answer } = await slow(500, "limits", {});
    const began = Date.now();
    await stop(20_000);
    expect(await answer).toBe(200);
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it("does not wait for an answer that has no end of its own, and says in its last line why it ends", async () => {
    const response = await fetch(`${service.url}/v1/connectors/${connectorId}/operations/events.subscribe`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${tenant.apiKey}`,
        "content-type": "application/json",
        accept: "application/x-ndjson",
      },
      body: JSON.stringify({ channel: "/data/AccountChangeEvent" }),
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain("subscribed");
    const began = Date.now();
    const stopped = stop(20_000);
    expect((await reader?.read())?.value).toContain("SHUTTING_DOWN");
    await stopped;
    expect(Date.now() - began).toBeLessThan(5_000);
  });
});
