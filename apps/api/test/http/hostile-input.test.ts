import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

describe("hostile input", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    const link = await tenant.api.post(`/v1/connectors/${connectorId}/authorize`);
    await new TestBrowser().follow(link.body.authorizationUrl);
  });
  afterAll(() => service?.close());

  const path = () => `/v1/connectors/${connectorId}`;
  const refusal = { status: 400, body: { code: "VALIDATION_FAILED", retryable: false } };

  it.each([
    ["a NUL", "a\0b"],
    ["half of a surrogate pair", "a\ud800b"],
  ])("refuses %s wherever text is stored or sent on, naming the field", async (_, text) => {
    const { api } = tenant;
    const platform = new ApiClient(service.url, platformKey);
    const administrator = { name: "A", email: "a@example.com" };
    const answers = [
      await api.post("/v1/connectors", sandboxConnector(service, { name: text })),
      await api.post("/v1/connectors", sandboxConnector(service, { credentials: { clientId: text } })),
      await api.post("/v1/connectors", sandboxConnector(service, { configuration: { [text]: 1 } })),
      await api.patch(path(), { name: text }, { "if-match": '"1"' }),
      await api.post("/v1/users", { email: "nul@example.com", name: text, roles: ["viewer"] }),
      await api.post("/v1/api-keys", { name: text }),
      await platform.post("/v1/tenants", { name: text, administrator }),
      await api.post(`${path()}/authorize`, { returnTo: `https://app.example.com/${text}` }),
      await api.run(connectorId, "query", { soql: `SELECT Id FROM Account WHERE Name = '${text}'` }),
      await api.run(connectorId, "records.create", { sobject: "Account", record: { Name: text } }),
    ];
    for (const answer of answers) expect(answer).toMatchObject(refusal);
    expect(answers[0]?.body.errors).toEqual([{ path: "name", message: expect.any(String) }]);
    expect(answers.at(-1)?.body.errors[0].path).toBe("record.Name");
  });

  it.each([
    "/v1/connectors?type=%00",
    "/v1/audit-events?action=%00",
    "/v1/audit-events?targetId=a%00",
    "/v1/audit-events?since=0000-01-01T00:00:00Z",
    "/v1/connector-types/%00",
    "/oauth/start/%00",
    "/v1/connectors?limit=1e400",
    "/v1/connectors?limit=-1",
    "/v1/connectors?limit=1&limit=2",
    `/v1/connectors?cursor=${Buffer.from("' or 1=1").toString("base64url")}`,
  ])("answers 400 to %s", async (address) => {
    expect((await tenant.api.get(address)).status).toBe(400);
  });

  it("refuses a body that is nested a hundred thousand times, and one that is not UTF-8", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const record = `{"sobject":"Account","record":{"Name":${deep}}}`;
    expect(await tenant.api.run(connectorId, "records.create", record)).toMatchObject(refusal);
    const invalid = Buffer.concat([
      Buffer.from('{"email":"u@example.com","roles":["viewer"],"name":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    const answer = await fetch(`${service.url}/v1/users`, {
      method: "POST",
      headers: { authorization: `Bearer ${tenant.apiKey}`, "content-type": "application/json" },
      body: invalid,
    });
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ code: "MALFORMED_JSON" })]);
  });

  it("tells a person whose callback holds rubbish that it does", async () => {
    for (const query of ["state=%00", "state=a&state=b", "state=%ED%A0%80", `state=${"s".repeat(600)}`, "%E0%A4%A=1"]) {
      const page = await new TestBrowser().follow(`${service.url}/oauth/callback/salesforce?${query}`);
      expect([page.status, page.headers.get("content-type")], query).toEqual([400, "text/html; charset=utf-8"]);
    }
  });

  it("refuses a number beyond all numbers: written on as JSON, it would be null and empty the field", async () => {
    const record = '{"sobject":"Account","record":{"Name":"n","NumberOfEmployees":1e999}}';
    const answer = await tenant.api.run(connectorId, "records.create", record);
    expect(answer).toMatchObject(refusal);
    expect(answer.body.errors[0].path).toBe("record.NumberOfEmployees");
  });

  it("takes an id in capitals for the same: nobody disables themselves by it, and the audit names one id", async () => {
    const self = await tenant.api.patch(`/v1/users/${tenant.userId.toUpperCase()}`, { disabled: true });
    expect(self).toMatchObject({ status: 409, body: { code: "LAST_ADMINISTRATOR" } });
    expect((await tenant.api.post(`/v1/connectors/${connectorId.toUpperCase()}/test`)).status).toBe(200);
    const { body } = await tenant.api.get(`/v1/audit-events?action=connector.tested&targetId=${connectorId}`);
    expect(body.data).toHaveLength(1);
  });

  it("passes on an entity's name up to the length that the route promises", async () => {
    const long = await tenant.api.get(`${path()}/entities/${"A".repeat(200)}`);
    expect(long.body.code).not.toBe("ROUTE_NOT_FOUND");
  });

  it("does not let a caller choose where its links lead", async () => {
    const response = await fetch(`${service.url}${path()}/authorize`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${tenant.apiKey}`,
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        forwarded: "host=evil.example",
      },
    });
    const { authorizationUrl } = (await response.json()) as { authorizationUrl: string };
    expect(new URL(authorizationUrl).origin).toBe(service.url);
  });

  it.each([
    "blob:https://app.example.com/x",
    "//evil.example",
    "\\\\evil.example",
    "https://app.example.com./",
    "https://app.example.com:444/",
    "https://app.example.com%2eevil.example/",
    "https://user@app.example.com/",
    "https://app.example.com\t.evil.example/",
    "filesystem:https://app.example.com/x",
  ])("sends nobody to %s after an authorisation", async (returnTo) => {
    const answer = await tenant.api.post(`${path()}/authorize`, { returnTo });
    expect(["VALIDATION_FAILED", "RETURN_TO_NOT_ALLOWED"]).toContain(answer.body.code);
  });

  it("reads returnTo as a browser does: a backslash is a slash", async () => {
    const returnTo = "https://app.example.com\\@evil.example";
    const link = (await tenant.api.post(`${path()}/authorize`, { returnTo })).body.authorizationUrl;
    const end = await new TestBrowser().follow(link, (next) => !/127\.0\.0\.1/.test(new URL(next).host));
    expect(new URL(end.url).origin).toBe("https://app.example.com");
  });

  it("refuses what is no version in If-Match, and changes nothing", async () => {
    const before = (await tenant.api.get(path())).body;
    for (const tag of ['"-1"', "-1", "1", '"99999999999999999999"', "*", 'W/"1"', '""', '"1", "2"', "\u00ff"]) {
      const answer = await tenant.api.patch(path(), { name: "Changed" }, { "if-match": tag });
      expect(answer, tag).toMatchObject({ status: 412, body: { code: "PRECONDITION_FAILED" } });
    }
    expect((await tenant.api.get(path())).body).toEqual(before);
  });

  it("lets no key of an object reach a prototype", async () => {
    for (const body of ['{"__proto__":{"x":1}}', '{"a":{"constructor":{"prototype":{"x":1}}}}']) {
      expect(await tenant.api.run(connectorId, "limits", body)).toMatchObject({ status: 400 });
    }
    expect((await tenant.api.get("/v1/connectors?__proto__=x&constructor=y")).status).toBe(200);
    expect(await tenant.api.run(connectorId, "__proto__", {})).toMatchObject({ status: 404 });
    expect(Reflect.get({}, "x")).toBeUndefined();
  });
});
