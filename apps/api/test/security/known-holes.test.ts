// The holes that integration platforms are known for, one test each. Above it stands the guard that was disabled to see it fail.
// Two more have files of their own: a token without an audience, or for somebody else, in test/sign-in/hostile-tokens.test.ts (guard:
// `audience` in sign-in/verify-token.ts), and an internal port without a key in ports.test.ts.
import { createHmac } from "node:crypto";
import type { LookupFunction } from "node:net";
import { createTransport } from "@isthmus/core";
import { custom } from "@isthmus/custom";
import { quickbooks } from "@isthmus/quickbooks";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { json, type LoopbackServer, startServer } from "../../../../packages/core/test/support/loopback-server.js";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describe("the field's known holes", () => {
  const get = useServerDatabase();
  let service: TestService;
  let vendor: LoopbackServer;
  let thief: LoopbackServer;
  let tenant: TestTenantClient;
  let other: TestTenantClient;

  beforeAll(async () => {
    [vendor, thief] = await Promise.all([startServer(), startServer()]);
    service = await startTestService(get().database, {
      connectors: [custom, quickbooks],
      // Both are addresses that a connector may have: what keeps the thief away is not that it is private.
      settings: { allowedPrivateHosts: [vendor.host, thief.host] },
    });
    [tenant, other] = [await service.createTenant(), await service.createTenant()];
  });
  afterAll(async () => {
    await service?.close();
    await Promise.all([vendor?.close(), thief?.close()]);
  });
  beforeEach(() => {
    vendor.otherwise(json({ id: "1" }));
  });

  const secret = "the-secret-of-this-tenant";
  const thing = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
  let codes = 0;

  function settings(changes: Record<string, unknown> = {}, configuration: Record<string, unknown> = {}) {
    codes += 1;
    return {
      code: `hole-${codes}`,
      name: "x",
      type: "custom",
      environment: "sandbox",
      externalSystemUrl: vendor.origin,
      authenticationMethod: "api_key",
      credentials: { apiKey: secret },
      configuration: {
        authentication: { apiKey: { in: "header", name: "X-Api-Key" } },
        test: { path: "/account", accountId: "/id" },
        operations: [
          {
            name: "things.find",
            summary: "x",
            kind: "read",
            method: "GET",
            path: "/things/{id}",
            input: thing,
            output: thing,
          },
          {
            name: "things.add",
            summary: "x",
            kind: "write",
            method: "POST",
            path: "/things",
            body: {},
            input: thing,
            output: thing,
          },
        ],
        ...configuration,
      },
      ...changes,
    };
  }

  async function create(changes?: Record<string, unknown>, configuration?: Record<string, unknown>): Promise<string> {
    const made = await tenant.api.post("/v1/connectors", settings(changes, configuration));
    expect(made.status, made.text).toBe(201);
    return made.body.id;
  }

  const sentTo = (server: LoopbackServer) => JSON.stringify(server.requests);

  // Guard: assertSameReach in actions/update-connector.ts.
  it("a foreign credential with one's own address: a new address needs the credentials again", async () => {
    const id = await create();
    const path = `/v1/connectors/${id}`;
    const changes = [
      { externalSystemUrl: thief.origin },
      { externalSystemUrl: vendor.origin.replace("127.0.0.1", "localhost") },
      { configuration: { ...settings().configuration, baseUrl: thief.origin } },
    ];
    for (const change of changes) {
      const answer = await tenant.api.patch(path, change, { "if-match": '"1"' });
      expect([400, 422], answer.text).toContain(answer.status);
    }
    // Nor does a new connector take over another one's credentials.
    for (const credentials of [{ connectorId: id }, { id }, id, null]) {
      const answer = await tenant.api.post(
        "/v1/connectors",
        settings({ externalSystemUrl: thief.origin, credentials }),
      );
      expect(answer.status, answer.text).toBe(400);
    }
    await tenant.api.post(`${path}/test`);
    expect(sentTo(vendor)).toContain(secret);
    expect(sentTo(thief)).not.toContain(secret);
  });

  // Guards: the conditions of the repositories and row-level security. test/database/foreign-rows.test.ts takes away one of them,
  // the other, and both; here is the hole by its name.
  it("another tenant's object by its id: it is not there, whatever is asked of it", async () => {
    const id = await create();
    const endpoint = (
      await tenant.api.post("/v1/inbound-endpoints", { type: "quickbooks", name: "x", environment: "sandbox" })
    ).body.id;
    const key = (await tenant.api.post("/v1/api-keys", { name: "x" })).body.id;
    const headers = { "if-match": '"1"' };
    const answers = [
      await other.api.get(`/v1/connectors/${id}`),
      await other.api.patch(`/v1/connectors/${id}`, { name: "mine" }, headers),
      await other.api.delete(`/v1/connectors/${id}`, headers),
      await other.api.post(`/v1/connectors/${id}/test`),
      await other.api.run(id, "things.find", { id: "1" }),
      await other.api.get(`/v1/inbound-endpoints/${endpoint}`),
      await other.api.delete(`/v1/inbound-endpoints/${endpoint}`, headers),
      await other.api.delete(`/v1/api-keys/${key}`),
      await other.api.post(`/v1/api-keys/${key}/rotate`),
      await other.api.patch(`/v1/users/${tenant.userId}`, { disabled: true }),
    ];
    for (const answer of answers)
      expect(answer, answer.text).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    expect((await tenant.api.get(`/v1/connectors/${id}`)).body.name).toBe("x");
  });

  // Guard: isEndpoint and isBaseUrl of the custom connector's options, and the transport's allowed hosts.
  it("configuration that is put into an address: it has no places there, and input stays within its step", async () => {
    for (const tokenEndpoint of [
      "https://{host}/token",
      "https://login.example.com@{host}/token",
      "{url}",
      "//{host}",
    ]) {
      const oauth = {
        authenticationMethod: "oauth2_client_credentials",
        credentials: { clientId: "c", clientSecret: secret },
      };
      const body = settings(oauth, { authentication: { oauth2: { tokenEndpoint } } });
      const answer = await tenant.api.post("/v1/connectors", body);
      expect([400, 422], `${tokenEndpoint} ${answer.text}`).toContain(answer.status);
    }
    for (const baseUrl of [
      "https://{host}",
      "https://api.example.com/{path}",
      `${vendor.origin}/../x`,
      `${vendor.origin}?x={id}`,
    ]) {
      const answer = await tenant.api.post("/v1/connectors", settings({ externalSystemUrl: baseUrl }));
      expect([400, 422], `${baseUrl} ${answer.text}`).toContain(answer.status);
    }
    const id = await create();
    const before = vendor.requests.length;
    for (const value of [
      "../admin",
      "..%2fadmin",
      "%2e%2e/admin",
      "a/../../admin",
      `@${thief.host}/x`,
      `//${thief.host}/x`,
      "a?admin=1",
      "a#b",
      "a\r\nx: y",
      ".",
      "..",
    ]) {
      await tenant.api.run(id, "things.find", { id: value });
    }
    for (const { path } of vendor.requests.slice(before)) expect(path).toMatch(/^\/things\/[^/?#]+$/);
    expect(sentTo(thief)).not.toContain(secret);
  });

  // Guard: isPublicAddress in core's http/addresses.ts (its IPv6 rules). test/security/addresses.test.ts has the whole table.
  it.each(["[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a9fe:a9fe]", "[2002:a9fe:a9fe::1]"])(
    "an IPv4 address in IPv6 clothes: %s is as private as what it carries",
    async (host) => {
      const answer = await tenant.api.post("/v1/connectors", settings({ externalSystemUrl: `https://${host}` }));
      expect(answer).toMatchObject({ status: 422, body: { code: "FORBIDDEN_TARGET" } });
    },
  );

  // Guard: `secrets.length === 0` in actions/receive-delivery.ts.
  it("a webhook without a configured secret: it takes nothing, signed or not", async () => {
    const made = await tenant.api.post("/v1/inbound-endpoints", {
      type: "quickbooks",
      name: "x",
      environment: "sandbox",
    });
    const body = '{"eventNotifications":[]}';
    const vendorSide = new ApiClient(service.url, undefined);
    for (const key of ["", "undefined", "null", "secret"]) {
      const signature = createHmac("sha256", key).update(body).digest("base64");
      const answer = await vendorSide.post(new URL(made.body.url).pathname, body, { "intuit-signature": signature });
      expect(answer, answer.text).toMatchObject({ status: 403, body: { code: "DELIVERY_REFUSED" } });
    }
    const unsigned = await vendorSide.post(new URL(made.body.url).pathname, body);
    expect(unsigned).toMatchObject({ status: 403, body: { code: "DELIVERY_REFUSED" } });
    const { rows } = await query("select count(*)::int as count from inbound_deliveries");
    expect(rows).toEqual([{ count: 0 }]);
    // No vendor's package was even asked: what it makes of no secret at all is no matter.
    const { data } = (await tenant.api.get(`/v1/audit-events?action=inbound.refused&targetId=${made.body.id}`)).body;
    expect(data.map(({ details }: { details: { reason: string } }) => details.reason)).toEqual(["no_secret"]);
  });

  // Guard: refusalOf in plugins/json-body.ts, and that application/json has the only parser.
  it("content-type confusion: JSON under another name, packed, or in another character set is not read", async () => {
    const headers: Record<string, string>[] = [
      { "content-type": "text/plain" },
      { "content-type": "application/x-www-form-urlencoded" },
      { "content-type": "multipart/form-data; boundary=x" },
      { "content-type": "application/json; charset=utf-16" },
      { "content-type": "application/json", "content-encoding": "gzip" },
    ];
    for (const each of headers) {
      const answer = await tenant.api.post("/v1/api-keys", '{"name":"confused"}', each);
      expect(answer, JSON.stringify(each)).toMatchObject({ status: 415, body: { code: "UNSUPPORTED_MEDIA_TYPE" } });
    }
    expect((await tenant.api.get("/v1/api-keys")).text).not.toContain("confused");
  });

  // Guard: assertAllowed in actions/connector-operations.ts.
  it("a role that reads and executes: a viewer's call that writes reaches no vendor", async () => {
    const id = await create();
    const viewer = await tenant.api.post("/v1/users", { email: `v${codes}@example.com`, name: "V", roles: ["viewer"] });
    const key = (await tenant.api.post("/v1/api-keys", { name: "v", userId: viewer.body.id })).body.key;
    const api = new ApiClient(service.url, key);
    expect((await api.run(id, "things.find", { id: "1" })).status).toBe(200);
    const before = vendor.requests.length;
    expect(await api.run(id, "things.add", { id: "1" })).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
    expect(await api.post(`/v1/connectors/${id}/test`)).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
    expect(vendor.requests.length).toBe(before);
  });

  // Guard: "error" for prototype keys, in acceptEmptyJson and parseJsonBody of plugins/json-body.ts.
  it("prototype pollution: a name such as __proto__ is refused wherever names are", async () => {
    const id = await create();
    for (const body of ['{"__proto__":{"roles":["admin"]}}', '{"constructor":{"prototype":{"roles":["admin"]}}}']) {
      expect((await tenant.api.post("/v1/api-keys", body)).body.code).toBe("MALFORMED_JSON");
      expect((await tenant.api.run(id, "things.find", body)).body.code).toBe("MALFORMED_JSON");
    }
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect((await tenant.api.run(id, name, {})).status, name).toBe(404);
      expect((await tenant.api.get(`/v1/connector-types/${name}`)).status, name).toBe(404);
      const made = await tenant.api.post("/v1/connectors", settings({ type: name }));
      expect([400, 422], name).toContain(made.status);
      const method = await tenant.api.post("/v1/connectors", settings({ authenticationMethod: name }));
      expect([400, 422], name).toContain(method.status);
    }
    expect(Reflect.get({}, "roles")).toBeUndefined();
  });

  // Guards: filterLookup and the check of the connected peer in core's http/guarded-connector.ts. With one of them left it still
  // holds, so both were taken away.
  it("a name server that rebinds: what is connected counts, not what the name was when it was checked", async () => {
    const before = thief.connections;
    let asked = 0;
    const rebinding: LookupFunction = (_hostname, _options, callback) => {
      asked += 1;
      callback(null, [{ address: asked === 1 ? "198.41.0.4" : "127.0.0.1", family: 4 }]);
    };
    // The check, as one does it who only looks at names.
    await new Promise((resolve) => rebinding("api.example.com", { all: true }, resolve));
    const transport = createTransport({ allowedHosts: ["api.example.com"], lookup: rebinding });
    try {
      const url = `https://api.example.com:${thief.port}/`;
      transport.assertAllowed(url);
      await expect(transport.request({ method: "GET", url })).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
      expect([asked, thief.connections]).toEqual([2, before]);
    } finally {
      await transport.close();
    }
  });

  async function query(text: string) {
    const { server, url } = get();
    const superuser = await server.connectAsSuperuser(url);
    try {
      return await superuser.query(text);
    } finally {
      await superuser.end();
    }
  }
});
