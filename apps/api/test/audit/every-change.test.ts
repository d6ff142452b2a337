import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listenOnLoopback } from "../../../../packages/core/test/support/listen.js";
import { type Answer, ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { listCalls } from "../support/document-calls.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

type Headers = Readonly<Record<string, string>>;

// An operation is audited by its kind, not by its route: audited-operations.test.ts.
const isOperation = (name: string) => name.startsWith("POST /v1/connectors/{id}/operations/");

describe("every route that changes something", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let platform: ApiClient;
  let connectorId: string;
  let approver: ApiClient;
  let keys: { readonly origin: string; close(): Promise<void> };

  beforeAll(async () => {
    keys = await listenOnLoopback(createServer((_request, response) => response.end('{"keys":[]}')));
    const allowedPrivateHosts: string[] = [];
    service = await startTestService(get().database, { settings: { allowedPrivateHosts, sinks: ["@acme/sink"] } });
    allowedPrivateHosts.push(...[service.sandbox.url, keys.origin].map((url) => new URL(url).host));
    platform = new ApiClient(service.url, platformKey);
    tenant = await service.createTenant();
    connectorId = await connect();
    const approving = { ...person(), roles: ["approver"] };
    const userId = (await tenant.api.post("/v1/users", approving)).body.id;
    approver = new ApiClient(service.url, (await tenant.api.post("/v1/api-keys", { name: "x", userId })).body.key);
  });
  afterAll(async () => {
    await service?.close();
    await keys?.close();
  });

  const add = async () => (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
  const authorize = async (id: string) => {
    const link = await tenant.api.post(`/v1/connectors/${id}/authorize`);
    await new TestBrowser().follow(link.body.authorizationUrl);
  };
  async function connect(): Promise<string> {
    const id = await add();
    await authorize(id);
    return id;
  }
  const endpoint = { type: "salesforce", name: "x", environment: "sandbox" };
  const addEndpoint = async () => (await tenant.api.post("/v1/inbound-endpoints", endpoint)).body.id;
  const addKey = async () => (await tenant.api.post("/v1/api-keys", { name: "x" })).body.id;
  const person = () => ({ email: `${crypto.randomUUID()}@example.com`, name: "x", roles: ["viewer"] });
  const administrator = { name: "Ada Admin", email: "ada@example.com" };
  const first = { "if-match": '"1"' };
  const beginRun = async () =>
    (await tenant.api.run(connectorId, "bulk.query", { soql: "SELECT Id FROM Account" })).body.id;

  const request = async () =>
    (await tenant.api.post("/v1/connectors", sandboxConnector(service, { environment: "production" }))).body.id;

  const provider = () => ({
    ...{ name: "x", issuer: `https://${crypto.randomUUID()}.example.com`, audience: "x" },
    ...{ jwksUri: `${keys.origin}/jwks`, roleMapping: [] },
  });
  const addProvider = async () => (await tenant.api.post("/v1/identity-providers", provider())).body.id;

  const schedule = { entity: "Account", cron: "@daily" };
  const writes = { entity: "Account", records: [{ record: { Name: "x" } }] };
  const addSchedule = async () => (await tenant.api.post(`/v1/connectors/${await add()}/schedules`, schedule)).body.id;

  const webhook = () => ({ url: `${keys.origin}/hook`, eventTypes: ["connector.*"] });
  const addWebhook = async () => (await tenant.api.post("/v1/webhooks", webhook())).body.id;
  const loseDelivery = async () => {
    const id = await addWebhook();
    await service.services.database.asTenant(tenant.tenantId, ({ outboxEvents }) =>
      outboxEvents.append({ type: "connector.reconnected", connectorId, payload: {} }),
    );
    await tenant.api.patch(`/v1/webhooks/${id}`, { active: false }, first);
    await service.services.database.asSystem(({ webhooks }) => webhooks.expire(-60_000, 100));
    return (await tenant.api.get(`/v1/webhooks/${id}/deliveries?status=dead`)).body.data[0].id;
  };

  // A new route has to stand here: called so that it succeeds, with these headers.
  const calls: Readonly<Record<string, (headers: Headers) => Promise<Answer>>> = {
    "POST /v1/connectors": (headers) => tenant.api.post("/v1/connectors", sandboxConnector(service), headers),
    "PATCH /v1/connectors/{id}": async (headers) =>
      tenant.api.patch(`/v1/connectors/${await add()}`, { name: "y" }, { ...headers, ...first }),
    "DELETE /v1/connectors/{id}": async (headers) =>
      tenant.api.delete(`/v1/connectors/${await add()}`, { ...headers, ...first }),
    "POST /v1/connectors/{id}/restore": async (headers) => {
      const id = await add();
      await tenant.api.delete(`/v1/connectors/${id}`, first);
      return tenant.api.post(`/v1/connectors/${id}/restore`, undefined, headers);
    },
    "POST /v1/connectors/{id}/purge": async (headers) => {
      const id = await add();
      await tenant.api.delete(`/v1/connectors/${id}`, first);
      return tenant.api.post(`/v1/connectors/${id}/purge`, undefined, headers);
    },
    "POST /v1/connectors/{id}/authorize": async (headers) =>
      tenant.api.post(`/v1/connectors/${await add()}/authorize`, undefined, headers),
    "POST /v1/connectors/{id}/test": (headers) =>
      tenant.api.post(`/v1/connectors/${connectorId}/test`, undefined, headers),
    "POST /v1/connectors/{id}/refresh": (headers) =>
      tenant.api.post(`/v1/connectors/${connectorId}/refresh`, undefined, headers),
    "POST /v1/connectors/{id}/disconnect": async (headers) =>
      tenant.api.post(`/v1/connectors/${await connect()}/disconnect`, undefined, headers),
    "POST /v1/change-requests/{id}/approve": async (headers) =>
      approver.post(`/v1/change-requests/${await request()}/approve`, undefined, { ...headers, ...first }),
    "POST /v1/change-requests/{id}/reject": async (headers) =>
      approver.post(`/v1/change-requests/${await request()}/reject`, { reason: "x" }, { ...headers, ...first }),
    "POST /v1/change-requests/{id}/cancel": async (headers) =>
      tenant.api.post(`/v1/change-requests/${await request()}/cancel`, undefined, { ...headers, ...first }),
    "POST /v1/change-requests/{id}/comments": async (headers) =>
      tenant.api.post(`/v1/change-requests/${await request()}/comments`, { text: "x" }, { ...headers, ...first }),
    "POST /v1/connectors/{id}/schedules": (headers) =>
      tenant.api.post(`/v1/connectors/${connectorId}/schedules`, schedule, headers),
    "PATCH /v1/schedules/{id}": async (headers) =>
      tenant.api.patch(`/v1/schedules/${await addSchedule()}`, { paused: true }, { ...headers, ...first }),
    "DELETE /v1/schedules/{id}": async (headers) =>
      tenant.api.delete(`/v1/schedules/${await addSchedule()}`, { ...headers, ...first }),
    "POST /v1/schedules/{id}/run": async (headers) =>
      tenant.api.post(`/v1/schedules/${await addSchedule()}/run`, {}, headers),
    "POST /v1/sync-runs/{id}/cancel": async (headers) => {
      const { id } = (await tenant.api.post(`/v1/schedules/${await addSchedule()}/run`, {})).body;
      return tenant.api.post(`/v1/sync-runs/${id}/cancel`, undefined, headers);
    },
    "POST /v1/connectors/{id}/records": (headers) =>
      tenant.api.post(`/v1/connectors/${connectorId}/records`, writes, headers),
    "POST /v1/operation-runs/{id}/cancel": async (headers) =>
      tenant.api.post(`/v1/operation-runs/${await beginRun()}/cancel`, undefined, headers),
    "POST /v1/inbound-endpoints": (headers) => tenant.api.post("/v1/inbound-endpoints", endpoint, headers),
    "PATCH /v1/inbound-endpoints/{id}": async (headers) =>
      tenant.api.patch(`/v1/inbound-endpoints/${await addEndpoint()}`, { name: "y" }, { ...headers, ...first }),
    "DELETE /v1/inbound-endpoints/{id}": async (headers) =>
      tenant.api.delete(`/v1/inbound-endpoints/${await addEndpoint()}`, { ...headers, ...first }),
    "POST /v1/identity-providers": (headers) => tenant.api.post("/v1/identity-providers", provider(), headers),
    "PATCH /v1/identity-providers/{id}": async (headers) =>
      tenant.api.patch(`/v1/identity-providers/${await addProvider()}`, { name: "y" }, { ...headers, ...first }),
    "DELETE /v1/identity-providers/{id}": async (headers) =>
      tenant.api.delete(`/v1/identity-providers/${await addProvider()}`, { ...headers, ...first }),
    "POST /v1/identity-providers/{id}/test": async (headers) =>
      tenant.api.post(`/v1/identity-providers/${await addProvider()}/test`, undefined, headers),
    "POST /v1/webhooks": (headers) => tenant.api.post("/v1/webhooks", webhook(), headers),
    "PATCH /v1/webhooks/{id}": async (headers) =>
      tenant.api.patch(`/v1/webhooks/${await addWebhook()}`, { description: "y" }, { ...headers, ...first }),
    "DELETE /v1/webhooks/{id}": async (headers) =>
      tenant.api.delete(`/v1/webhooks/${await addWebhook()}`, { ...headers, ...first }),
    "POST /v1/webhooks/{id}/rotate-secret": async (headers) =>
      tenant.api.post(`/v1/webhooks/${await addWebhook()}/rotate-secret`, {}, headers),
    "POST /v1/webhooks/{id}/test": async (headers) =>
      tenant.api.post(`/v1/webhooks/${await addWebhook()}/test`, undefined, headers),
    "POST /v1/webhooks/{id}/replay": async (headers) =>
      tenant.api.post(`/v1/webhooks/${await addWebhook()}/replay`, undefined, headers),
    "POST /v1/deliveries/{id}/replay": async (headers) =>
      tenant.api.post(`/v1/deliveries/${await loseDelivery()}/replay`, undefined, headers),
    "POST /v1/users": (headers) => tenant.api.post("/v1/users", person(), headers),
    "PATCH /v1/users/{id}": async (headers) => {
      const { id } = (await tenant.api.post("/v1/users", person())).body;
      return tenant.api.patch(`/v1/users/${id}`, { name: "y" }, headers);
    },
    "POST /v1/api-keys": (headers) => tenant.api.post("/v1/api-keys", { name: "x" }, headers),
    "POST /v1/api-keys/{id}/rotate": async (headers) =>
      tenant.api.post(`/v1/api-keys/${await addKey()}/rotate`, {}, headers),
    "DELETE /v1/api-keys/{id}": async (headers) => tenant.api.delete(`/v1/api-keys/${await addKey()}`, headers),
    "POST /v1/tenants": (headers) => platform.post("/v1/tenants", { name: "x", administrator }, headers),
    "DELETE /v1/tenants/{id}": async (headers) => {
      const { id } = (await platform.post("/v1/tenants", { name: "x", administrator })).body.tenant;
      return platform.send("DELETE", `/v1/tenants/${id}`, { name: "x" }, headers as Record<string, string>);
    },
    "POST /v1/keys/rotate": (headers) => platform.post("/v1/keys/rotate", { dataKeys: false }, headers),
    "POST /v1/keys/rotations/{id}/stop": async (headers) =>
      platform.post(`/v1/keys/rotations/${await rotationId()}/stop`, undefined, headers),
    "POST /v1/keys/rotations/{id}/resume": async (headers) =>
      platform.post(`/v1/keys/rotations/${await rotationId()}/resume`, undefined, headers),
    "POST /v1/platform/dead-letters/replay": (headers) =>
      platform.post("/v1/platform/dead-letters/replay", { sink: "@acme/sink" }, headers),
  };
  const rotationId = async () => (await platform.get("/v1/keys")).body.rotation.id;

  /** Which digests of the row the event of a route has, or why it has none. */
  const digests: Readonly<Record<string, readonly ("before" | "after")[] | string>> = {
    "POST /v1/connectors": ["after"],
    "PATCH /v1/connectors/{id}": ["before", "after"],
    "DELETE /v1/connectors/{id}": ["before", "after"],
    "POST /v1/connectors/{id}/restore": ["before", "after"],
    "POST /v1/connectors/{id}/purge": ["before", "after"],
    "POST /v1/connectors/{id}/authorize": "a link is made; who comes back by it changes the connector",
    "POST /v1/connectors/{id}/test": ["before", "after"],
    "POST /v1/connectors/{id}/refresh": "tokens are no setting",
    "POST /v1/connectors/{id}/disconnect": "tokens are no setting",
    "POST /v1/change-requests/{id}/approve": ["after"],
    "POST /v1/change-requests/{id}/reject": "the request is in the event",
    "POST /v1/change-requests/{id}/cancel": "the request is in the event",
    "POST /v1/change-requests/{id}/comments": "the request is in the event",
    "POST /v1/connectors/{id}/records": "a write to the vendor is an operation",
    "POST /v1/connectors/{id}/schedules": ["after"],
    "PATCH /v1/schedules/{id}": ["before", "after"],
    "DELETE /v1/schedules/{id}": ["before"],
    "POST /v1/schedules/{id}/run": "a run is work",
    "POST /v1/sync-runs/{id}/cancel": "a run is work",
    "POST /v1/operation-runs/{id}/cancel": "a run is work",
    "POST /v1/inbound-endpoints": ["after"],
    "PATCH /v1/inbound-endpoints/{id}": ["before", "after"],
    "DELETE /v1/inbound-endpoints/{id}": ["before"],
    "POST /v1/identity-providers": ["after"],
    "PATCH /v1/identity-providers/{id}": ["before", "after"],
    "DELETE /v1/identity-providers/{id}": ["before"],
    "POST /v1/identity-providers/{id}/test": "nothing changes",
    "POST /v1/webhooks": ["after"],
    "PATCH /v1/webhooks/{id}": ["before", "after"],
    "DELETE /v1/webhooks/{id}": ["before"],
    "POST /v1/webhooks/{id}/rotate-secret": "a secret is no setting; the event has its digest",
    "POST /v1/webhooks/{id}/test": "nothing changes",
    "POST /v1/webhooks/{id}/replay": "deliveries are work",
    "POST /v1/deliveries/{id}/replay": "deliveries are work",
    "POST /v1/users": ["after"],
    "PATCH /v1/users/{id}": ["before", "after"],
    "POST /v1/api-keys": ["after"],
    "POST /v1/api-keys/{id}/rotate": ["before", "after"],
    "DELETE /v1/api-keys/{id}": ["before", "after"],
    "POST /v1/tenants": "the platform has no key of the tenant's at hand",
    "DELETE /v1/tenants/{id}": "the tenant's key goes with it",
    "POST /v1/keys/rotate": "the platform's, with all facts in the event",
    "POST /v1/keys/rotations/{id}/stop": "the platform's, with all facts in the event",
    "POST /v1/keys/rotations/{id}/resume": "the platform's, with all facts in the event",
    "POST /v1/platform/dead-letters/replay": "deliveries are work",
  };

  /** Not by their request: a delivery is stored with its id, and what was refused is summed up. */
  const elsewhere = ["POST /hooks/{type}/{endpointId}"];

  it("stands in the table of this test", async () => {
    const documented = listCalls((await tenant.api.get("/openapi.json")).body)
      .filter(({ method }) => method !== "GET")
      .map(({ method, path }) => `${method} ${path}`)
      .filter((name) => !isOperation(name));
    expect([...Object.keys(calls), ...elsewhere].sort()).toEqual(documented.sort());
    expect(Object.keys(digests).sort()).toEqual(Object.keys(calls).sort());
  });

  it("leaves an event with the id of its request, which says by digests what was there before and is there after", {
    timeout: 60_000,
  }, async () => {
    const client = await get().server.connectAsSuperuser(get().url);
    try {
      const silent: string[] = [];
      const told: Record<string, readonly string[]> = {};
      for (const [name, call] of Object.entries(calls)) {
        const requestId = crypto.randomUUID();
        const { status, text } = await call({ "x-request-id": requestId });
        expect(status, `${name} → ${status} ${text}`).toBeLessThan(300);
        const { rows } = await client.query<{ action: string; outcome: string; details: object }>(
          `select action, outcome::text, details from audit_events where request_id = $1 and action <> 'credentials.opened'
            union all select action, outcome::text, details from platform_events where request_id = $1`,
          [requestId],
        );
        const done = rows.filter(({ outcome }) => outcome === "success");
        if (done.length === 0) silent.push(name);
        if (typeof digests[name] === "string") continue;
        const fields = (["before", "after"] as const).filter((field) => done.some(({ details }) => field in details));
        told[name] = fields;
      }
      expect(silent).toEqual([]);
      expect(told).toEqual(Object.fromEntries(Object.entries(digests).filter(([, said]) => typeof said !== "string")));
    } finally {
      await client.end();
    }
  });
});
