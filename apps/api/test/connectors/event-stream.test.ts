import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { type Clock, systemClock } from "@isthmus/core";
import { type SalesforceSandbox, startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describe("an operation that streams without end", () => {
  const get = useServerDatabase();
  const allowedPrivateHosts: string[] = [];
  let organization: SalesforceSandbox;
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;

  beforeAll(async () => {
    organization = await startSalesforceSandbox({ skipConsent: true });
    allowedPrivateHosts.push(new URL(organization.url).host);
    // What is looked at every five seconds is looked at more often here.
    const sleep: Clock["sleep"] = (ms, signal) => systemClock.sleep(ms === 5_000 ? 50 : ms, signal);
    const clock = { ...systemClock, now: () => systemClock.now(), sleep };
    service = await startTestService(get().database, { settings: { allowedPrivateHosts }, clock });
    tenant = await service.createTenant();
    const created = await tenant.api.post("/v1/connectors", {
      code: "crm",
      name: "CRM",
      type: "salesforce",
      environment: "sandbox",
      externalSystemUrl: organization.url,
      authenticationMethod: "oauth2_authorization_code",
      credentials: { clientId: organization.client.id, clientSecret: organization.client.secret },
    });
    connectorId = created.body.id;
    const { authorizationUrl } = (await tenant.api.post(`/v1/connectors/${connectorId}/authorize`)).body;
    expect((await new TestBrowser().follow(authorizationUrl)).text).toContain("Connected");
  });
  afterAll(async () => {
    await service?.close();
    await organization?.close();
  });

  /** Subscribes with a key. @returns what reads the next line. */
  async function subscribe(key: string, signal?: AbortSignal) {
    const response = await fetch(`${service.url}/v1/connectors/${connectorId}/operations/events.subscribe`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        accept: "application/x-ndjson",
      },
      body: JSON.stringify({ channel: "/data/AccountChangeEvent" }),
      ...(signal && { signal }),
    });
    expect(response.status).toBe(200);
    if (response.body === null) throw new Error("The answer has no body.");
    const input = Readable.fromWeb(response.body);
    input.on("error", () => undefined);
    const lines = createInterface({ input })[Symbol.asyncIterator]();
    return async () => JSON.parse((await lines.next()).value ?? "null");
  }

  it("begins at once, gives each event as it happens, and ends at the vendor when its caller goes", async () => {
    const ending = new AbortController();
    const next = await subscribe(tenant.apiKey, ending.signal);
    expect(await next()).toEqual({ type: "subscribed" });

    const record = { sobject: "Account", record: { Name: "Heard" } };
    const made = await tenant.api.run(connectorId, "records.create", record);
    let line = await next();
    while (line.type !== "event") line = await next();
    expect(line.event).toMatchObject({ kind: "change", changeType: "CREATE", recordIds: [made.body.id] });

    ending.abort();
    while (organization.requests({ path: "/cometd/60.0/disconnect" }).length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  const ends: Readonly<Record<string, (person: { userId: string; keyId: string }) => Promise<unknown>>> = {
    "their key was revoked": ({ keyId }) => tenant.api.delete(`/v1/api-keys/${keyId}`),
    "they were disabled": ({ userId }) => tenant.api.patch(`/v1/users/${userId}`, { disabled: true }),
    "a role was taken from them": ({ userId }) => tenant.api.patch(`/v1/users/${userId}`, { roles: ["editor"] }),
  };

  it.each(Object.entries(ends))("goes on for who may still ask, and ends within seconds when %s", async (_, end) => {
    const person = { email: `${crypto.randomUUID()}@example.com`, name: "Olga", roles: ["operator", "editor"] };
    const userId = (await tenant.api.post("/v1/users", person)).body.id;
    const made = (await tenant.api.post("/v1/api-keys", { name: "stream", userId })).body;
    const hear = async (next: () => Promise<{ type?: string; error?: object }>) => {
      let line = await next();
      while (line.type === "alive") line = await next();
      return line;
    };
    organization.clearRequests();
    const mine = await subscribe(made.key);
    const leaving = new AbortController();
    const others = await subscribe(tenant.apiKey, leaving.signal);
    expect([await hear(mine), await hear(others)]).toMatchObject([{ type: "subscribed" }, { type: "subscribed" }]);
    // Somebody else's key that is revoked ends nothing.
    const another = (await tenant.api.post("/v1/api-keys", { name: "another" })).body;
    await tenant.api.delete(`/v1/api-keys/${another.id}`);
    await tenant.api.run(connectorId, "records.create", { sobject: "Account", record: { Name: "Still heard" } });
    expect([await hear(mine), await hear(others)]).toMatchObject([{ type: "event" }, { type: "event" }]);
    await end({ userId, keyId: made.id });
    expect(await hear(mine)).toMatchObject({ error: { code: expect.stringMatching(/^(UNAUTHENTICATED|FORBIDDEN)$/) } });
    await expect.poll(() => organization.requests({ path: "/cometd/60.0/disconnect" }).length).toBe(1);
    await tenant.api.run(connectorId, "records.create", { sobject: "Account", record: { Name: "Heard by others" } });
    expect(await hear(others)).toMatchObject({ type: "event" });
    leaving.abort();
  });

  it("says in JSON what is there, and that a channel does not exist", async () => {
    await tenant.api.run(connectorId, "records.create", { sobject: "Contact", record: { LastName: "Kept" } });
    const kept = await tenant.api.run(connectorId, "events.subscribe", {
      channel: "/data/ContactChangeEvent",
      replayFrom: -2,
    });
    expect(kept.body.events).toMatchObject([{ event: { kind: "change", entityName: "Contact" } }]);
    const missing = await tenant.api.run(connectorId, "events.subscribe", { channel: "/data/NothingChangeEvent" });
    expect([missing.status, missing.body.code]).toEqual([404, "NOT_FOUND"]);
  });
});
