import { custom } from "@isthmus/custom";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

const data = "/services/data/v60.0";
const record = { type: "object", additionalProperties: true };
const id = { type: "string", pattern: "^[A-Za-z0-9]{15,18}$" };

describe("a connector that is described wholly by its configuration", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    service = await startTestService(get().database, { connectors: [custom] });
    tenant = await service.createTenant();
  });
  afterAll(() => service?.close());

  const configuration = () => ({
    authentication: {
      oauth2: {
        authorizationEndpoint: `${service.sandbox.url}/services/oauth2/authorize`,
        tokenEndpoint: `${service.sandbox.url}/services/oauth2/token`,
        scopes: ["api", "refresh_token"],
      },
    },
    test: { path: "/services/oauth2/userinfo", accountId: "/organization_id" },
    operations: [
      {
        name: "accounts.create",
        summary: "Creates an account.",
        kind: "write",
        method: "POST",
        path: `${data}/sobjects/Account`,
        body: {},
        input: { ...record, properties: { Name: { type: "string", minLength: 1 } }, required: ["Name"] },
        output: { type: "object", properties: { id }, required: ["id"] },
      },
      {
        name: "accounts.find",
        summary: "Reads an account.",
        kind: "read",
        method: "GET",
        path: `${data}/sobjects/Account/{id}`,
        input: { type: "object", properties: { id }, required: ["id"] },
        output: record,
      },
    ],
    entities: [
      {
        name: "Account",
        schema: { type: "object", properties: { Id: { type: "string" }, Name: { type: "string" } } },
        list: { path: `${data}/query`, query: { q: "SELECT Id, Name FROM Account" }, records: "/records" },
        id: "/Id",
      },
    ],
    errors: { codePointer: "/0/errorCode" },
  });
  const create = (changes: object = {}) =>
    tenant.api.post("/v1/connectors", {
      code: "described",
      name: "Described",
      type: "custom",
      environment: "sandbox",
      externalSystemUrl: service.sandbox.url,
      authenticationMethod: "oauth2_authorization_code",
      credentials: { clientId: service.sandbox.client.id, clientSecret: service.sandbox.client.secret },
      configuration: configuration(),
      ...changes,
    });

  it("FR-IC-002 is created, connected in a browser, tested, and does what its configuration says", async () => {
    const created = await create();
    expect(created).toMatchObject({ status: 201, body: { type: "custom", externalSystemUrl: service.sandbox.url } });
    const path = `/v1/connectors/${created.body.id}`;
    const { body: started } = await tenant.api.post(`${path}/authorize`);
    expect((await new TestBrowser().follow(started.authorizationUrl)).status).toBe(200);
    expect((await tenant.api.post(`${path}/test`)).body).toMatchObject({
      ok: true,
      account: { id: expect.stringMatching(/^00D/) },
    });

    const { body: listed } = await tenant.api.get(`${path}/operations`);
    expect(listed.data).toMatchObject([
      { name: "accounts.create", kind: "write", idempotent: false },
      { name: "accounts.find", kind: "read", inputSchema: { required: ["id"], additionalProperties: false } },
    ]);
    const made = await tenant.api.run(created.body.id, "accounts.create", { Name: "Nordwind", Industry: "Shipping" });
    expect(made).toMatchObject({ status: 200, body: { id: expect.stringMatching(/^001/) } });
    const found = await tenant.api.run(created.body.id, "accounts.find", { id: made.body.id });
    expect(found).toMatchObject({ status: 200, body: { Name: "Nordwind", Industry: "Shipping" } });
    expect(await tenant.api.run(created.body.id, "accounts.find", { id: "../../limits" })).toMatchObject({
      status: 400,
      body: { code: "VALIDATION_FAILED", errors: [{ path: "id" }] },
    });

    expect((await tenant.api.get(`${path}/entities`)).body.data).toMatchObject([{ name: "Account", readable: true }]);
    expect((await tenant.api.get(`${path}/entities/Account`)).body.fields).toMatchObject([
      { name: "Id" },
      { name: "Name" },
    ]);
  });

  it("can do what its configuration says now, and no longer what an earlier one said", async () => {
    const { body } = await create({ code: "changing" });
    const path = `/v1/connectors/${body.id}`;
    const names = async () =>
      (await tenant.api.get(`${path}/operations`)).body.data.map(({ name }: { name: string }) => name);
    expect(await names()).toEqual(["accounts.create", "accounts.find"]);
    const [first] = configuration().operations;
    const changed = { ...body.configuration, operations: [first] };
    expect((await tenant.api.patch(path, { configuration: changed }, { "if-match": '"1"' })).status).toBe(200);
    expect(await names()).toEqual(["accounts.create"]);
    expect(await tenant.api.run(body.id, "accounts.find", { id: "001000000000000AAA" })).toMatchObject({ status: 404 });
  });

  it("does not take its stored credentials to another address: they have to be given again", async () => {
    const { body } = await create({ code: "moving" });
    const path = `/v1/connectors/${body.id}`;
    const { id: clientId, secret: clientSecret } = service.sandbox.client;
    const elsewhere = { ...body.configuration.authentication.oauth2, tokenEndpoint: "https://evil.example/token" };
    const refusal = { status: 400, body: { code: "VALIDATION_FAILED", errors: [{ path: "credentials" }] } };
    for (const change of [
      { externalSystemUrl: "https://evil.example" },
      { configuration: { ...body.configuration, authentication: { oauth2: elsewhere } } },
      { configuration: { ...body.configuration, baseUrl: "https://evil.example" } },
    ]) {
      expect(await tenant.api.patch(path, change, { "if-match": '"1"' })).toMatchObject(refusal);
    }
    const moved = { externalSystemUrl: "https://evil.example", credentials: { clientId, clientSecret } };
    expect((await tenant.api.patch(path, moved, { "if-match": '"1"' })).status).toBe(200);
    // Another port of the same host may be another's system.
    const port = { externalSystemUrl: "https://evil.example:8443" };
    expect(await tenant.api.patch(path, port, { "if-match": '"2"' })).toMatchObject(refusal);
  });

  it("is refused with the place of each thing that its configuration may not say", async () => {
    const { operations, ...rest } = configuration();
    const wrong = operations.map((operation) => ({ ...operation, path: "/../admin", headers: { Authorization: "x" } }));
    const refused = await create({ code: "wrong", configuration: { ...rest, operations: wrong } });
    expect(refused).toMatchObject({ status: 400, body: { code: "VALIDATION_FAILED" } });
    expect(refused.body.errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: "configuration.operations.0.path" }),
        expect.objectContaining({ path: "configuration.operations.0.headers.Authorization" }),
      ]),
    );
  });

  it("is refused without the endpoints that its authentication method needs", async () => {
    const refused = await create({ code: "bare", configuration: { ...configuration(), authentication: {} } });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: "VALIDATION_FAILED", errors: [{ path: "configuration.authentication.oauth2" }] },
    });
  });

  it("shows the operations of its example in the OpenAPI document, which stays valid", async () => {
    const { body } = await tenant.api.get("/openapi.json");
    expect(body.paths["/v1/connectors/{id}/operations/customers.find"].post.summary).toBe("Reads a customer.");
    expect(body.components.schemas["custom.customers.find.input"]).toMatchObject({ required: ["id"] });
    expect((await new Validator().validate(structuredClone(body))).errors ?? []).toEqual([]);
  });

  it("publishes the schema of its configuration and of the credentials of each method", async () => {
    const { body } = await tenant.api.get("/v1/connector-types/custom");
    expect(body).toMatchObject({ type: "custom", externalSystemUrlField: "baseUrl" });
    expect(body.schemes.map((scheme: { method: string }) => scheme.method)).toEqual(Object.keys(custom.authentication));
    expect(body.configurationSchema).toMatchObject({
      required: ["baseUrl", "test", "operations"],
      additionalProperties: false,
    });
  });
});
