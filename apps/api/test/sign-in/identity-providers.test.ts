import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { listenOnLoopback } from "../../../../packages/core/test/support/listen.js";
import type { ApiClient } from "../support/api-client.js";
import { audience } from "../support/identity-server.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { eventsOf, providerOf, roleMapping, type SignInService, startSignInService } from "./sign-in-service.js";

describe("setting up an identity provider", () => {
  const get = useServerDatabase();
  let world: SignInService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    world = await startSignInService(get().database);
  });
  beforeEach(async () => {
    tenant = await world.service.createTenant();
  });
  afterAll(() => world?.close());

  const create = (changes: object = {}, api: ApiClient = tenant.api) =>
    api.post("/v1/identity-providers", { ...providerOf(world.identity), ...changes });

  it("finds where the keys are at the issuer, fills in what is safe, and is read, changed and removed", async () => {
    const created = await create({ rolesClaim: undefined, createsUsers: undefined });
    const { issuer } = world.identity;
    expect(created).toMatchObject({
      status: 201,
      body: {
        ...{ name: "Our organisation", issuer, jwksUri: `${issuer}/jwks`, audience, roleMapping, createsUsers: false },
        ...{ accessTokenType: "at+jwt", requiredScope: null, enabled: true, version: 1 },
        ...{ algorithms: ["RS256", "PS256", "ES256", "EdDSA"], rolesClaim: ["roles"] },
        ...{ emailClaim: ["email"], nameClaim: ["name"], maxAgeSeconds: 86_400, clockToleranceSeconds: 30 },
      },
    });
    const path = String(created.headers.get("location"));
    expect((await tenant.api.get(path)).body).toEqual(created.body);
    expect((await tenant.api.get("/v1/identity-providers")).body.data).toEqual([created.body]);
    expect((await tenant.api.patch(path, { name: "x" })).status).toBe(428);
    const changes = { audience: "other", clockToleranceSeconds: 0, requiredScope: "isthmus" };
    const changed = await tenant.api.patch(path, changes, { "if-match": '"1"' });
    const { updatedAt, ...stays } = created.body;
    expect(changed.body).toMatchObject({ ...stays, ...changes, version: 2 });
    expect((await tenant.api.patch(path, changes, { "if-match": '"1"' })).status).toBe(412);
    expect((await tenant.api.delete(path, { "if-match": '"1"' })).status).toBe(412);
    expect((await tenant.api.delete(path)).status).toBe(204);
    expect((await tenant.api.get(path)).status).toBe(404);
    const actions = (await tenant.api.get("/v1/audit-events?targetType=identity_provider")).body.data;
    expect(actions.map(({ action }: { action: string }) => action)).toEqual(
      ["deleted", "updated", "created"].map((what) => `identity_provider.${what}`),
    );
    expect(actions[1].details).toMatchObject({ audience: "other", toleranceSeconds: 0, requiredScope: "isthmus" });
  });

  it("is there once for each issuer of a tenant, and for every tenant that wants it", async () => {
    expect((await create()).status).toBe(201);
    expect(await create()).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
    const other = await world.service.createTenant();
    expect((await create({}, other.api)).status).toBe(201);
  });

  it.each([
    ["an unsigned token", { algorithms: ["none"] }, "algorithms.0"],
    ["a secret for a key", { algorithms: ["RS256", "HS256"] }, "algorithms.1"],
    ["any algorithm", { algorithms: [] }, "algorithms"],
    ["no audience", { audience: undefined }, "audience"],
    ["an empty audience", { audience: " " }, "audience"],
    ["groups that objects inherit", { rolesClaim: ["__proto__", "roles"] }, "rolesClaim.0"],
    ["the constructor for an address", { emailClaim: ["constructor"] }, "emailClaim.0"],
    ["no claim", { nameClaim: [] }, "nameClaim"],
    ["a role that there is not", { roleMapping: [{ value: "x", roles: ["root"] }] }, "roleMapping.0.roles.0"],
    ["another kind of token", { accessTokenType: "id" }, "accessTokenType"],
    ["tokens of any age", { maxAgeSeconds: 10_000_000 }, "maxAgeSeconds"],
    ["clocks that go as they like", { clockToleranceSeconds: 301 }, "clockToleranceSeconds"],
    ["keys that are no address", { jwksUri: "keys" }, "jwksUri"],
    ["an issuer with a space", { issuer: "https://a.example.com x" }, "issuer"],
  ])("refuses %s", async (_, changes, path) => {
    const answer = await create(changes);
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION_FAILED" } });
    expect(answer.body.errors.map((each: { path: string }) => each.path)).toContain(path);
  });

  it("is held by the database too: no algorithm without a key pair", async () => {
    const data = {
      ...providerOf(world.identity),
      issuer: "https://x.example.com",
      jwksUri: "https://x.example.com/jwks",
    };
    const created = await create(data);
    const row = await world.service.services.database.asTenant(tenant.tenantId, ({ identityProviders }) =>
      identityProviders.findById(created.body.id),
    );
    if (!row) throw new Error("It is not there.");
    const weaken = world.service.services.database.asTenant(tenant.tenantId, ({ identityProviders }) =>
      identityProviders.update(row.id, 1, { ...row, algorithms: ["HS256"] }),
    );
    await expect(weaken).rejects.toThrow(/identity_providers_algorithms_asymmetric/);
  });

  describe("whose own words are wrong", () => {
    let server: Server;
    let liar: { readonly origin: string; close(): Promise<void> };
    let document: unknown;
    let closed: TestService;

    beforeAll(async () => {
      server = createServer((_, response) => response.end(JSON.stringify(document)));
      liar = await listenOnLoopback(server);
      closed = await startTestService(get().database, {
        settings: { allowedPrivateHosts: [new URL(liar.origin).host] },
      });
    });
    afterAll(async () => {
      await closed?.close();
      await liar?.close();
    });

    it.each([
      ["of another issuer", (issuer: string) => ({ issuer: `${issuer}/`, jwks_uri: `${issuer}/jwks` }), 400],
      ["of nobody", (issuer: string) => ({ jwks_uri: `${issuer}/jwks` }), 400],
      ["without keys", (issuer: string) => ({ issuer }), 400],
      ["with keys that are no address", (issuer: string) => ({ issuer, jwks_uri: "/jwks" }), 400],
      ["with keys in a private network", (issuer: string) => ({ issuer, jwks_uri: "https://10.0.0.7/jwks" }), 422],
      ["with keys of the cloud", (issuer: string) => ({ issuer, jwks_uri: "https://169.254.169.254/latest" }), 422],
      ["with keys by another scheme", (issuer: string) => ({ issuer, jwks_uri: "file:///etc/passwd" }), 422],
      ["that is no document", () => "x", 503],
    ])("is not set up: %s", async (_, tell, status) => {
      document = tell(liar.origin);
      const { api } = await closed.createTenant();
      const answer = await create({ issuer: liar.origin }, api);
      const codes: Record<number, string> = {
        400: "VALIDATION_FAILED",
        422: "FORBIDDEN_TARGET",
        503: "IDENTITY_PROVIDER_UNAVAILABLE",
      };
      expect(answer).toMatchObject({ status, body: { code: codes[status] } });
      expect((await api.get("/v1/identity-providers")).body.data).toEqual([]);
    });
  });

  it.each([
    ["plain http", "http://identity.example.com"],
    ["this machine", "https://127.0.0.1:8443"],
    ["this machine in decimal", "https://2130706433"],
    ["this machine in IPv6", "https://[::1]:8443"],
    ["a private network", "https://192.168.1.7"],
    ["a mapped address", "https://[::ffff:10.0.0.1]"],
    ["the cloud's own", "https://169.254.169.254"],
    ["somebody's password", "https://user:secret@identity.example.com"],
  ])("asks no provider at %s, neither for itself nor for its keys", async (_, origin) => {
    for (const changes of [{ issuer: origin }, { jwksUri: `${origin}/jwks` }]) {
      expect((await create(changes)).body, JSON.stringify(changes)).toMatchObject({ code: "FORBIDDEN_TARGET" });
    }
    const created = await create();
    const path = `/v1/identity-providers/${created.body.id}`;
    const moved = await tenant.api.patch(path, { jwksUri: `${origin}/jwks` }, { "if-match": '"1"' });
    expect(moved.body).toMatchObject({ code: "FORBIDDEN_TARGET" });
  });

  it("fetches no keys from a private address either that nobody allows any more", async () => {
    const { body } = await create();
    const strict = await startTestService(get().database, { sandbox: world.service.sandbox });
    try {
      const headers = { authorization: `Bearer ${await world.identity.sign()}`, "isthmus-tenant": tenant.tenantId };
      const before = world.identity.keyRequests();
      const answer = await fetch(`${strict.url}/v1/connectors`, { headers });
      const refusal = { code: "IDENTITY_PROVIDER_UNAVAILABLE", retryable: false };
      expect([answer.status, await answer.json()]).toMatchObject([503, refusal]);
      const tested = await fetch(`${strict.url}/v1/identity-providers/${body.id}/test`, {
        method: "POST",
        headers: { authorization: `Bearer ${tenant.apiKey}` },
      });
      expect([tested.status, await tested.json()]).toMatchObject([503, refusal]);
      expect(world.identity.keyRequests()).toBe(before);
    } finally {
      await strict.close();
    }
  });

  it("can be tried: it shows the keys that there are now, or says why there are none", async () => {
    const { body } = await create();
    const path = `/v1/identity-providers/${body.id}/test`;
    const { kid } = world.identity.publicKey();
    const keys = [{ keyId: kid, type: "RSA", algorithm: "RS256", use: "sig" }];
    expect(await tenant.api.post(path)).toMatchObject({ status: 200, body: { keys } });
    expect(await eventsOf(tenant, "identity_provider.tested")).toMatchObject([{ details: { keyCount: 1 } }]);
    world.identity.keysFault = (_, response) => response.writeHead(404).end();
    const failed = await tenant.api.post(path);
    world.identity.keysFault = undefined;
    expect(failed).toMatchObject({ status: 503, body: { code: "IDENTITY_PROVIDER_UNAVAILABLE", retryable: false } });
    expect(failed.body.detail).toContain("it answered 404");
  });

  it("is nobody's of another tenant", async () => {
    const { body } = await create();
    const other = await world.service.createTenant();
    const path = `/v1/identity-providers/${body.id}`;
    const answers = [
      await other.api.get(path),
      await other.api.patch(path, { enabled: false }, { "if-match": '"1"' }),
      await other.api.delete(path),
      await other.api.post(`${path}/test`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect((await tenant.api.get(path)).body).toEqual(body);
  });
});
