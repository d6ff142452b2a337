import type { OperationKind } from "@isthmus/core";
import { salesforce } from "@isthmus/salesforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAllowed, type Permission } from "../../src/authorization/index.js";
import { roles } from "../../src/repositories/index.js";
import { type Answer, ApiClient } from "../support/api-client.js";
import { type DocumentedCall, listCalls } from "../support/document-calls.js";
import { audience, type IdentityServer, startIdentityServer } from "../support/identity-server.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

/** What a route asks of its caller. */
type Access = Permission | "platform key" | "nothing";

// Every route of the document. A new one passes here when it stands in this table with what it asks for.
const accesses: Readonly<Record<string, Access>> = {
  "GET /healthz": "nothing",
  "GET /readyz": "nothing",
  "GET /oauth/start/{token}": "nothing",
  "GET /oauth/callback/{type}": "nothing",
  "GET /oauth/done/{id}": "nothing",
  "POST /hooks/{type}/{endpointId}": "nothing",
  "GET /v1/connector-types": "connectors.read",
  "GET /v1/connector-types/{type}": "connectors.read",
  "GET /v1/connectors": "connectors.read",
  "POST /v1/connectors": "connectors.write",
  "GET /v1/connectors/{id}": "connectors.read",
  "PATCH /v1/connectors/{id}": "connectors.write",
  "DELETE /v1/connectors/{id}": "connectors.write",
  "POST /v1/connectors/{id}/restore": "connectors.write",
  "POST /v1/connectors/{id}/purge": "connectors.write",
  "POST /v1/connectors/{id}/authorize": "connectors.connect",
  "POST /v1/connectors/{id}/test": "connectors.test",
  "POST /v1/connectors/{id}/refresh": "connectors.connect",
  "POST /v1/connectors/{id}/disconnect": "connectors.connect",
  "GET /v1/connectors/{id}/operations": "connectors.read",
  "GET /v1/connectors/{id}/entities": "connectors.read",
  "GET /v1/connectors/{id}/entities/{entity}": "connectors.read",
  "GET /v1/connectors/{id}/inbound-events": "inbound-endpoints.read",
  "GET /v1/change-requests": "change-requests.read",
  "GET /v1/change-requests/{id}": "change-requests.read",
  // Whose request it is matters as well: test/approval.
  "POST /v1/change-requests/{id}/approve": "change-requests.decide",
  "POST /v1/change-requests/{id}/reject": "change-requests.decide",
  "POST /v1/change-requests/{id}/cancel": "change-requests.withdraw",
  "POST /v1/change-requests/{id}/comments": "change-requests.comment",
  "GET /v1/connectors/{id}/health": "connectors.read",
  "GET /v1/connectors/{id}/schedules": "schedules.read",
  "POST /v1/connectors/{id}/schedules": "schedules.write",
  "GET /v1/connectors/{id}/records": "records.read",
  "POST /v1/connectors/{id}/records": "operations.write",
  "GET /v1/schedules": "schedules.read",
  "GET /v1/schedules/{id}": "schedules.read",
  "PATCH /v1/schedules/{id}": "schedules.write",
  "DELETE /v1/schedules/{id}": "schedules.write",
  "POST /v1/schedules/{id}/run": "syncs.run",
  "GET /v1/sync-runs": "schedules.read",
  "GET /v1/sync-runs/{id}": "schedules.read",
  "GET /v1/sync-runs/{id}/log": "schedules.read",
  "POST /v1/sync-runs/{id}/cancel": "syncs.run",
  "GET /v1/operation-runs": "operations.read",
  "GET /v1/operation-runs/{id}": "operations.read",
  "GET /v1/operation-runs/{id}/records": "operations.read",
  "POST /v1/operation-runs/{id}/cancel": "operations.write",
  "GET /v1/inbound-endpoints": "inbound-endpoints.read",
  "POST /v1/inbound-endpoints": "inbound-endpoints.write",
  "GET /v1/inbound-endpoints/{id}": "inbound-endpoints.read",
  "PATCH /v1/inbound-endpoints/{id}": "inbound-endpoints.write",
  "DELETE /v1/inbound-endpoints/{id}": "inbound-endpoints.write",
  "GET /v1/webhooks": "webhooks.read",
  "POST /v1/webhooks": "webhooks.write",
  "GET /v1/webhooks/{id}": "webhooks.read",
  "PATCH /v1/webhooks/{id}": "webhooks.write",
  "DELETE /v1/webhooks/{id}": "webhooks.write",
  "POST /v1/webhooks/{id}/rotate-secret": "webhooks.write",
  "POST /v1/webhooks/{id}/test": "webhooks.write",
  "GET /v1/webhooks/{id}/deliveries": "webhooks.read",
  "POST /v1/webhooks/{id}/replay": "webhooks.replay",
  "POST /v1/deliveries/{id}/replay": "webhooks.replay",
  "GET /v1/users": "users.read",
  "POST /v1/users": "users.write",
  "PATCH /v1/users/{id}": "users.write",
  // Which of other people's keys somebody may touch is no matter of the route: roles.test.ts and rotate-api-key.test.ts.
  "GET /v1/api-keys": "api-keys.own",
  "POST /v1/api-keys": "api-keys.own",
  "POST /v1/api-keys/{id}/rotate": "api-keys.own",
  "DELETE /v1/api-keys/{id}": "api-keys.own",
  "GET /v1/identity-providers": "identity-providers.read",
  "POST /v1/identity-providers": "identity-providers.write",
  "GET /v1/identity-providers/{id}": "identity-providers.read",
  "PATCH /v1/identity-providers/{id}": "identity-providers.write",
  "DELETE /v1/identity-providers/{id}": "identity-providers.write",
  "POST /v1/identity-providers/{id}/test": "identity-providers.write",
  "GET /v1/audit-events": "audit-events.read",
  "GET /v1/audit-events/verify": "audit-events.read",
  "GET /v1/audit-events/export": "audit-events.read",
  "GET /v1/tenants": "platform key",
  "POST /v1/tenants": "platform key",
  "DELETE /v1/tenants/{id}": "platform key",
  "GET /v1/keys": "platform key",
  "POST /v1/keys/rotate": "platform key",
  "GET /v1/keys/rotations": "platform key",
  "GET /v1/keys/rotations/{id}": "platform key",
  "POST /v1/keys/rotations/{id}/stop": "platform key",
  "POST /v1/keys/rotations/{id}/resume": "platform key",
  "GET /v1/platform/audit-events": "platform key",
  "GET /v1/platform/audit-events/verify": "platform key",
  "GET /v1/platform/audit-events/export": "platform key",
  "GET /v1/platform/sinks": "platform key",
  "GET /v1/platform/dead-letters": "platform key",
  "POST /v1/platform/dead-letters/replay": "platform key",
  "GET /metrics": "platform key",
};

const accessOfKind: Readonly<Record<OperationKind, Permission>> = {
  read: "operations.read",
  stream: "operations.read",
  write: "operations.write",
  bulk: "operations.write",
};

const operationPath = /^POST \/v1\/connectors\/\{id\}\/operations\/(.+)$/;
const kinds = new Map(
  salesforce.operations(salesforce.configuration.parse({})).map(({ name, kind }) => [name, kind] as const),
);

const nameOf = ({ method, path }: DocumentedCall) => `${method} ${path}`;
/** `undefined` = nobody has said. */
function accessOf(call: DocumentedCall): Access | undefined {
  const name = nameOf(call);
  const kind = kinds.get(operationPath.exec(name)?.[1] ?? "");
  return kind === undefined ? accesses[name] : accessOfKind[kind];
}

describe("who may do what, at every route of the document", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;
  let calls: readonly DocumentedCall[];
  let identity: IdentityServer;

  beforeAll(async () => {
    identity = await startIdentityServer();
    const allowedPrivateHosts = [identity.host];
    service = await startTestService(get().database, { settings: { allowedPrivateHosts } });
    allowedPrivateHosts.push(new URL(service.sandbox.url).host);
    tenant = await service.createTenant();
    // A group of the provider's for each role, with its name.
    const trusted = await tenant.api.post("/v1/identity-providers", {
      ...{ name: "x", issuer: identity.issuer, audience, rolesClaim: ["groups"], createsUsers: true },
      roleMapping: roles.map((role) => ({ value: role, roles: [role] })),
    });
    expect(trusted.status).toBe(201);
    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    calls = listCalls((await tenant.api.get("/openapi.json")).body);
  });
  afterAll(async () => {
    await service?.close();
    await identity?.close();
  });

  /** A person with these roles, none included, which no route can make. */
  async function add(held: (typeof roles)[number][]): Promise<{ readonly key: string; readonly userId: string }> {
    const person = { email: `${crypto.randomUUID()}@example.com`, name: "Somebody", roles: held };
    const { id } = await service.services.database.asTenant(tenant.tenantId, ({ users }) => users.create(person));
    return { key: (await tenant.api.post("/v1/api-keys", { name: "matrix", userId: id })).body.key, userId: id };
  }

  // Bodies have to be valid, because that is looked at before roles are.
  function bodyOf(call: DocumentedCall): unknown {
    const name = nameOf(call);
    const bodies: Readonly<Record<string, object>> = {
      "POST /v1/connectors": sandboxConnector(service),
      "POST /v1/inbound-endpoints": { type: "salesforce", name: "x", environment: "sandbox" },
      "POST /v1/change-requests/{id}/reject": { reason: "x" },
      "POST /v1/change-requests/{id}/comments": { text: "x" },
      "POST /v1/connectors/{id}/schedules": { entity: "Account", cron: "@daily" },
      "PATCH /v1/schedules/{id}": { paused: true },
      "POST /v1/webhooks": { url: "https://hooks.example.com", eventTypes: ["sync.failed"] },
      "PATCH /v1/webhooks/{id}": { description: "x" },
      "POST /v1/webhooks/{id}/rotate-secret": {},
      "POST /v1/identity-providers": {
        ...{
          name: "x",
          issuer: `https://${crypto.randomUUID()}.example.com`,
          jwksUri: "https://keys.example.com/jwks",
        },
        ...{ audience: "x", roleMapping: [] },
      },
      "POST /v1/connectors/{id}/records": { entity: "Account", records: [{ record: { Name: "x" } }] },
      "POST /v1/users": { email: `${crypto.randomUUID()}@example.com`, name: "x", roles: ["viewer"] },
    };
    const isOperation = operationPath.test(name);
    return bodies[name] ?? (isOperation ? {} : call.body && { ...(call.body.anyOf === undefined && { name: "x" }) });
  }

  /** Only operations are asked of a connector that exists: it is looked up to know them. Nothing else gets past its role. */
  function send(call: DocumentedCall, key: string | undefined, more: Record<string, string> = {}): Promise<Answer> {
    const id = operationPath.test(nameOf(call)) ? connectorId : crypto.randomUUID();
    const values: Readonly<Record<string, string>> = { id, type: "salesforce", entity: "Account" };
    const path = call.path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? crypto.randomUUID());
    const headers = { "if-match": '"1"', ...more };
    const query = nameOf(call) === "GET /v1/connectors/{id}/records" ? "?entity=Account" : "";
    return new ApiClient(service.url, key).send(call.method, path + query, bodyOf(call), headers);
  }

  it("is said of all of them, and of none that there is not", () => {
    expect(calls.filter((call) => accessOf(call) === undefined).map(nameOf)).toEqual([]);
    const documented = new Set(calls.map(nameOf));
    expect(Object.keys(accesses).filter((name) => !documented.has(name))).toEqual([]);
    expect(new Set(kinds.values())).toEqual(new Set(Object.keys(accessOfKind)));
  });

  // The table itself, the other way round: whoever gives a role more has to say so here as well.
  it("follows what each role is for", () => {
    const reads: Permission[] = ["change-requests.read", "connectors.read", "inbound-endpoints.read", "schedules.read"];
    const talks: Permission[] = ["change-requests.comment"];
    const all = new Set([...Object.values(accesses), ...Object.values(accessOfKind)]);
    const permissions = [...all].filter((access) => access !== "nothing" && access !== "platform key");
    const held = (role: (typeof roles)[number]) =>
      permissions.filter((permission) => permission !== "api-keys.own" && isAllowed([role], permission)).sort();
    expect(held("viewer")).toEqual([...reads, "operations.read", "records.read"].sort());
    const watches: Permission[] = ["webhooks.read", "webhooks.replay"];
    expect(held("operator")).toEqual(
      [...held("viewer"), ...watches, "connectors.test", "operations.write", "syncs.run"].sort(),
    );
    expect(held("approver")).toEqual(
      [
        "audit-events.read",
        "change-requests.decide",
        ...talks,
        ...reads,
        "identity-providers.read",
        "users.read",
      ].sort(),
    );
    expect(held("editor")).toEqual(
      [
        ...held("operator"),
        ...talks,
        "change-requests.withdraw",
        "connectors.connect",
        "connectors.write",
        "inbound-endpoints.write",
        "schedules.write",
        "webhooks.write",
      ].sort(),
    );
    const people: Permission[] = ["users.read", "users.write", "identity-providers.read", "identity-providers.write"];
    expect(held("admin")).toEqual([...held("editor"), "audit-events.read", ...people].sort());
  });

  it("is told by the document, as far as it names keys", () => {
    const schemes = { nothing: [], "platform key": ["platformKey"] };
    for (const call of calls) {
      const access = accessOf(call) ?? "nothing";
      // Either an API key, or a token with the tenant's id beside it.
      const offered = ["apiKey", "identityToken", "tenant"];
      const expected = access === "nothing" || access === "platform key" ? schemes[access] : offered;
      expect(call.security, nameOf(call)).toEqual(expected);
    }
  });

  it("is nothing without a key, or with one of the other kind, unless the route is open", async () => {
    for (const call of calls) {
      const access = accessOf(call);
      const wrongKeys = [undefined, access === "platform key" ? tenant.apiKey : platformKey];
      for (const key of wrongKeys) {
        const { status, body } = await send(call, key);
        if (access === "nothing") expect(status, nameOf(call)).not.toBe(401);
        else expect([status, body.code], nameOf(call)).toEqual([401, "UNAUTHENTICATED"]);
      }
    }
  });

  /** An administrator's key that worked, and then was brought to its end. */
  const deaths: Readonly<
    Record<string, (person: { readonly userId: string; readonly keyId: string }) => Promise<unknown>>
  > = {
    withdrawn: ({ keyId }) => tenant.api.delete(`/v1/api-keys/${keyId}`),
    "rotated without an overlap": ({ keyId }) => tenant.api.post(`/v1/api-keys/${keyId}/rotate`, { overlapSeconds: 0 }),
    expired: async ({ keyId }) => {
      const superuser = await get().server.connectAsSuperuser(get().url);
      await superuser.query("update api_keys set expires_at = now() where id = $1", [keyId]);
      await superuser.end();
    },
    "of somebody disabled": ({ userId }) => tenant.api.patch(`/v1/users/${userId}`, { disabled: true }),
  };

  it.each(Object.keys(deaths))("is nothing for a key that is %s", async (death) => {
    const { key, userId } = await add(["admin"]);
    const alive = await new ApiClient(service.url, key).get("/v1/api-keys");
    expect(alive.status).toBe(200);
    const own = alive.body.data.find((each: { userId: string }) => each.userId === userId);
    await deaths[death]?.({ userId, keyId: own.id });
    for (const call of calls) {
      if (accessOf(call) === "nothing") continue;
      const { status, body } = await send(call, key);
      expect([status, body.code], nameOf(call)).toEqual([401, "UNAUTHENTICATED"]);
    }
  });

  /** How somebody with one role comes. */
  const ways: Readonly<
    Record<string, (role: (typeof roles)[number]) => Promise<{ bearer: string; headers?: Record<string, string> }>>
  > = {
    "an API key": async (role) => ({ bearer: (await add([role])).key }),
    "a token of an identity provider": async (role) => {
      const sub = crypto.randomUUID();
      const bearer = await identity.sign({ sub, email: `${sub}@example.com`, groups: [role] });
      return { bearer, headers: { "isthmus-tenant": tenant.tenantId } };
    },
  };
  const rolesAndWays = roles.flatMap((role) => Object.keys(ways).map((way) => [role, way] as const));
  // A key would outlive what the provider says of its person, so nobody gets one by a token but from an administrator.
  const askedOfTokens: Readonly<Record<string, Access>> = {
    "POST /v1/api-keys": "api-keys.all",
    "POST /v1/api-keys/{id}/rotate": "api-keys.all",
  };

  it.each(rolesAndWays)("refuses %s, with %s, what the table does not allow, and nothing else", async (role, way) => {
    const { bearer, headers } = (await ways[way]?.(role)) ?? { bearer: "" };
    for (const call of calls) {
      const access = (headers === undefined ? undefined : askedOfTokens[nameOf(call)]) ?? accessOf(call);
      if (access === undefined || access === "nothing" || access === "platform key") continue;
      const { status, body, text } = await send(call, bearer, headers);
      const said = `${nameOf(call)} → ${status} ${text.slice(0, 200)}`;
      expect(body?.code === "FORBIDDEN", said).toBe(!isAllowed([role], access));
      expect(status === 403, said).toBe(!isAllowed([role], access));
      // The call has to have got as far as its action.
      if (!operationPath.test(nameOf(call))) expect(status, said).not.toBe(400);
      expect(status, said).toBeLessThan(500);
    }
  });

  it("is nothing for a person without a role, and each refusal names the permission that the route asks for", async () => {
    const { key, userId } = await add([]);
    const asked = new Map<string, Access>();
    for (const call of calls) {
      const access = accessOf(call);
      if (access === undefined || access === "nothing" || access === "platform key") continue;
      const requestId = crypto.randomUUID();
      asked.set(requestId, access);
      expect((await send(call, key, { "x-request-id": requestId })).body?.code, nameOf(call)).toBe("FORBIDDEN");
    }
    const { data } = (await tenant.api.get(`/v1/audit-events?actorUserId=${userId}&outcome=denied&limit=200`)).body;
    expect(new Map(data.map((event: Denied) => [event.requestId, event.action]))).toEqual(asked);
  });
});

interface Denied {
  readonly requestId: string;
  readonly action: string;
}
