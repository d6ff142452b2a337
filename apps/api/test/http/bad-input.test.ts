import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

describe("bad input gets a clear answer", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
  });
  afterAll(() => service?.close());

  const create = (changes: Readonly<Record<string, unknown>>) =>
    tenant.api.post("/v1/connectors", sandboxConnector(service, changes));

  it("is a problem document with code, words, request id and the header of the same id", async () => {
    const answer = await tenant.api.get("/v1/nothing", { "x-request-id": "caller-chosen-0001" });
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("x-request-id")).toBe("caller-chosen-0001");
    expect(answer.body).toEqual({
      type: "urn:isthmus:problem:route-not-found",
      title: "Route not found",
      status: 404,
      code: "ROUTE_NOT_FOUND",
      detail: expect.any(String),
      retryable: false,
      requestId: "caller-chosen-0001",
    });
  });

  it("refuses an unknown type by naming those that are installed", async () => {
    const answer = await create({ type: "sap" });
    expect(answer).toMatchObject({ status: 422, body: { code: "UNKNOWN_CONNECTOR_TYPE" } });
    expect(answer.body.detail).toMatch(/salesforce.*@isthmus\/sap/);
    expect((await tenant.api.get("/v1/connector-types/sap")).status).toBe(404);
  });

  it("names every wrong field of the body, and never repeats a value", async () => {
    const answer = await create({ code: "Not OK", environment: "test", surprise: true });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION_FAILED" } });
    const paths = answer.body.errors.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(expect.arrayContaining(["code", "environment"]));
    expect(answer.text).toContain("surprise");
    expect(answer.text).not.toContain("Not OK");
  });

  it("names wrong fields of credentials and configuration, and never repeats a secret", async () => {
    const wrong = await create({ credentials: { clientSecret: "hunter2-hunter2", extra: "hunter3-hunter3" } });
    expect(wrong).toMatchObject({ status: 400, body: { code: "VALIDATION_FAILED" } });
    expect(wrong.body.errors).toContainEqual(expect.objectContaining({ path: "credentials.clientId" }));
    expect(wrong.text).not.toMatch(/hunter/);
    const configuration = await create({ configuration: { apiVersion: "sixty" } });
    expect(configuration.body.errors).toContainEqual(expect.objectContaining({ path: "configuration.apiVersion" }));
    expect(await create({ authenticationMethod: "basic" })).toMatchObject({
      status: 422,
      body: { code: "UNSUPPORTED" },
    });
  });

  it.each([
    ["a private address", "https://10.0.0.8"],
    ["the loopback", "https://127.0.0.1"],
    ["the address of cloud metadata", "http://169.254.169.254"],
    ["a host that is not the vendor's", "https://salesforce.com.example.org"],
    ["the vendor's host without TLS", "http://login.salesforce.com"],
  ])("refuses %s as externalSystemUrl", async (_, externalSystemUrl) => {
    expect(await create({ externalSystemUrl })).toMatchObject({ status: 422, body: { code: "FORBIDDEN_TARGET" } });
  });

  it("refuses an address by update too, and leaves the connector as it was", async () => {
    const { body } = await create({});
    const path = `/v1/connectors/${body.id}`;
    const change = await tenant.api.patch(path, { externalSystemUrl: "https://10.0.0.8" }, { "if-match": '"1"' });
    expect(change).toMatchObject({ status: 422, body: { code: "FORBIDDEN_TARGET" } });
    expect((await tenant.api.get(path)).body).toEqual(body);
  });

  it("answers 400 MALFORMED_JSON, 413, 415 and 400 for an id that is none", async () => {
    expect(await tenant.api.post("/v1/connectors", '{"code": ')).toMatchObject({
      status: 400,
      body: { code: "MALFORMED_JSON" },
    });
    const pollution = '{"__proto__": {"admin": true}}';
    expect(await tenant.api.post("/v1/connectors", pollution)).toMatchObject({
      status: 400,
      body: { code: "MALFORMED_JSON" },
    });
    const huge = JSON.stringify({ code: "x".repeat(5 * 1024 * 1024) });
    expect(await tenant.api.post("/v1/connectors", huge)).toMatchObject({
      status: 413,
      body: { code: "PAYLOAD_TOO_LARGE" },
    });
    const text = await tenant.api.post("/v1/connectors", "code=crm", { "content-type": "text/plain" });
    expect(text).toMatchObject({ status: 415, body: { code: "UNSUPPORTED_MEDIA_TYPE" } });
    expect((await tenant.api.get("/v1/connectors/not-an-id")).status).toBe(400);
    expect((await tenant.api.get("/v1/%E0%A4%A")).status).toBe(400);
  });

  it("takes an empty body that calls itself JSON as no body", async () => {
    const { body } = await create({});
    const answer = await tenant.api.post(`/v1/connectors/${body.id}/authorize`, undefined, {
      "content-type": "application/json",
    });
    expect(answer.status).toBe(200);
  });

  it("asks for a key where there is none, a wrong one, or one that is withdrawn or expired", async () => {
    const withKey = (key: string | undefined) => new ApiClient(service.url, key).get("/v1/connectors");
    const unknown = `isth_00000000_${"A".repeat(43)}`;
    for (const key of [undefined, "nonsense", unknown, platformKey]) {
      const answer = await withKey(key);
      expect(answer).toMatchObject({ status: 401, body: { code: "UNAUTHENTICATED" } });
      expect(answer.headers.get("www-authenticate")).toContain("Bearer");
    }
    const made = await tenant.api.post("/v1/api-keys", { name: "soon gone" });
    expect(made.status).toBe(201);
    expect((await withKey(made.body.key)).status).toBe(200);
    expect((await tenant.api.delete(`/v1/api-keys/${made.body.id}`)).status).toBe(204);
    expect((await withKey(made.body.key)).status).toBe(401);
    const past = await tenant.api.post("/v1/api-keys", { name: "past", expiresAt: "2020-01-01T00:00:00Z" });
    expect(past).toMatchObject({ status: 400, body: { errors: [{ path: "expiresAt" }] } });
  });

  it("refuses an inactive connector's operations, an unknown operation and wrong input", async () => {
    const { body } = await create({});
    expect(await tenant.api.run(body.id, "records.frobnicate", {})).toMatchObject({
      status: 404,
      body: { code: "NOT_FOUND" },
    });
    const wrong = await tenant.api.run(body.id, "records.create", { sobject: "Account" });
    expect(wrong).toMatchObject({ status: 400, body: { code: "VALIDATION_FAILED", errors: [{ path: "record" }] } });
    const key = await tenant.api.run(body.id, "limits", {}, { "idempotency-key": "" });
    expect(key).toMatchObject({ status: 400, body: { code: "IDEMPOTENCY_KEY_INVALID" } });
    const stream = await tenant.api.run(body.id, "limits", {}, { accept: "application/x-ndjson" });
    expect(stream).toMatchObject({ status: 422, body: { code: "UNSUPPORTED" } });
    await tenant.api.patch(`/v1/connectors/${body.id}`, { active: false }, { "if-match": '"1"' });
    expect(await tenant.api.run(body.id, "limits", {})).toMatchObject({
      status: 409,
      body: { code: "CONNECTOR_INACTIVE" },
    });
  });

  it("does not tell what went wrong inside, and logs it under the request's id", async () => {
    const { server, url } = get();
    const superuser = await server.connectAsSuperuser(url);
    await superuser.query("alter table connectors rename to connectors_elsewhere");
    try {
      const answer = await tenant.api.get("/v1/connectors");
      expect(answer).toMatchObject({ status: 500, body: { code: "INTERNAL", retryable: false } });
      expect(answer.text).not.toMatch(/relation|table|prisma/i);
      const line = service.logLines.find(
        (text) => text.includes(answer.body.requestId) && text.includes("unexpectedly"),
      );
      expect(line).toBeDefined();
      const planted = { clientId: "planted-client-id", clientSecret: "planted-client-secret" };
      const failed = await create({ name: "planted-name", credentials: planted });
      expect(failed).toMatchObject({ status: 500, body: { code: "INTERNAL" } });
      expect(service.logLines.some((text) => text.includes(failed.body.requestId))).toBe(true);
    } finally {
      await superuser.query("alter table connectors_elsewhere rename to connectors");
      await superuser.end();
    }
  });

  it("writes neither secrets nor records of failed calls into the log, down to debug", async () => {
    const planted = "planted-in-a-failing-call";
    const { body } = await create({ credentials: { clientId: planted, clientSecret: planted } });
    await create({ credentials: { clientId: planted, [planted]: planted } });
    await create({ externalSystemUrl: `https://${planted}.example.com` });
    await tenant.api.run(body.id, "records.create", { sobject: planted, record: planted });
    await tenant.api.run(body.id, "query", { soql: `SELECT ${planted}` });
    await tenant.api.get(`/v1/connectors?cursor=${planted}`);
    await tenant.api.post("/v1/connectors", `{"code": "${planted}`);
    await new ApiClient(service.url, planted).get("/v1/connectors");
    await new ApiClient(service.url, undefined).get(`/oauth/callback/salesforce?code=${planted}&state=${planted}`);
    await new ApiClient(service.url, undefined).get(`/oauth/start/${planted}`);
    expect(service.logLines.length).toBeGreaterThan(10);
    expect(service.logLines.filter((line) => line.includes("planted"))).toEqual([]);
  });

  it.each([
    ["no HTTP", "HELO there\r\n\r\n"],
    ["headers without end", `GET /healthz HTTP/1.1\r\nx-filler: ${"x".repeat(40_000)}\r\n\r\n`],
    ["two lengths", "POST /v1/users HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx"],
  ])("answers %s with a problem document too", async (_, text) => {
    const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
    socket.write(text);
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*content-type: application\/problem\+json.*"code":"BAD_REQUEST"/s);
    expect((await tenant.api.get("/healthz")).status).toBe(200);
  });

  it("survives a request whose body never comes", async () => {
    const aborted = request(`${service.url}/v1/connectors`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${tenant.apiKey}`,
        "content-type": "application/json",
        "content-length": "100",
      },
    });
    aborted.on("error", () => undefined);
    aborted.write("{");
    await new Promise<void>((resolve) => aborted.once("socket", (socket) => socket.once("connect", resolve)));
    aborted.destroy();
    expect((await tenant.api.get("/healthz")).status).toBe(200);
  });
});
