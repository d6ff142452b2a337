import { afterAll, beforeAll, expect, it } from "vitest";
import { describeLongWork } from "../support/databases.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describeLongWork("/v1/connectors", (get) => {
  let service: TestService;
  let tenant: TestTenantClient;
  let other: TestTenantClient;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
    other = await service.createTenant();
  });
  afterAll(() => service?.close());

  const create = (changes: Readonly<Record<string, unknown>> = {}) =>
    tenant.api.post("/v1/connectors", sandboxConnector(service, changes));

  it("TEST-007 creates a connector and never gives its credentials back", async () => {
    const created = await create({ code: "crm", configuration: { apiVersion: "v61.0" } });
    expect(created.status).toBe(201);
    expect(created.headers.get("etag")).toBe('"1"');
    expect(created.headers.get("location")).toBe(`/v1/connectors/${created.body.id}`);
    expect(created.body).toMatchObject({
      code: "crm",
      name: "Our CRM",
      type: "salesforce",
      environment: "sandbox",
      externalSystemUrl: service.sandbox.url,
      authenticationMethod: "oauth2_authorization_code",
      configuration: { apiVersion: "v61.0", loginUrl: service.sandbox.url },
      hasCredentials: true,
      active: true,
      status: "disconnected",
      version: 1,
      createdBy: tenant.userId,
    });
    expect(created.text).not.toContain(service.sandbox.client.secret);
    expect(created.body).not.toHaveProperty("credentials");
  });

  it("TEST-007 reads a connector with its version as ETag", async () => {
    const { body } = await create();
    const read = await tenant.api.get(`/v1/connectors/${body.id}`);
    expect(read).toMatchObject({ status: 200, body });
    expect(read.headers.get("etag")).toBe('"1"');
  });

  it("TEST-007 updates what is given, counts the version up and leaves the rest", async () => {
    const { body } = await create();
    const path = `/v1/connectors/${body.id}`;
    const renamed = await tenant.api.patch(path, { name: "New name", active: false }, { "if-match": '"1"' });
    expect(renamed).toMatchObject({
      status: 200,
      body: { name: "New name", active: false, version: 2, code: body.code },
    });
    expect(renamed.headers.get("etag")).toBe('"2"');
    const reconfigured = await tenant.api.patch(
      path,
      { configuration: { apiVersion: "v62.0", loginUrl: service.sandbox.url } },
      { "if-match": '"2"' },
    );
    expect(reconfigured.body).toMatchObject({ version: 3, configuration: { apiVersion: "v62.0" }, name: "New name" });
  });

  it("TEST-007 deletes a connector: it is gone, and its code is free again", async () => {
    const { body } = await create({ code: "short-lived" });
    const path = `/v1/connectors/${body.id}`;
    expect((await tenant.api.delete(path)).status).toBe(204);
    expect((await tenant.api.get(path)).status).toBe(404);
    expect((await tenant.api.delete(path)).status).toBe(404);
    expect((await create({ code: "short-lived" })).status).toBe(201);
  });

  it("refuses an update without If-Match (428) and one for an old version (412), and changes nothing", async () => {
    const { body } = await create();
    const path = `/v1/connectors/${body.id}`;
    expect(await tenant.api.patch(path, { name: "A" })).toMatchObject({
      status: 428,
      body: { code: "PRECONDITION_REQUIRED" },
    });
    expect((await tenant.api.patch(path, { name: "B" }, { "if-match": '"1"' })).status).toBe(200);
    const stale = await tenant.api.patch(path, { name: "C" }, { "if-match": '"1"' });
    expect(stale).toMatchObject({ status: 412, body: { code: "PRECONDITION_FAILED" } });
    expect((await tenant.api.get(path)).body).toMatchObject({ name: "B", version: 2 });
    expect((await tenant.api.delete(path, { "if-match": '"1"' })).status).toBe(412);
  });

  it("lets one of many updates of one version win", async () => {
    const { body } = await create();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        tenant.api.patch(`/v1/connectors/${body.id}`, { name: `Name ${index}` }, { "if-match": '"1"' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(412)]);
  });

  it("answers 404 for another tenant's connector, whatever is tried", async () => {
    const { body } = await create();
    const path = `/v1/connectors/${body.id}`;
    const answers = await Promise.all([
      other.api.get(path),
      other.api.patch(path, { name: "Mine" }, { "if-match": '"1"' }),
      other.api.delete(path),
      other.api.post(`${path}/authorize`),
      other.api.post(`${path}/test`),
      other.api.post(`${path}/refresh`),
      other.api.post(`${path}/disconnect`),
      other.api.get(`${path}/operations`),
      other.api.run(body.id, "limits", {}),
      other.api.get(`${path}/entities`),
      other.api.get(`${path}/entities/Account`),
    ]);
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [404, "NOT_FOUND"]));
    expect((await other.api.get("/v1/connectors")).body).toEqual({ data: [], nextCursor: null });
  });

  it("lists page by page, filtered by type, active and environment", async () => {
    const lister = await service.createTenant();
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      const { body } = await lister.api.post("/v1/connectors", sandboxConnector(service));
      ids.push(body.id);
    }
    await lister.api.patch(`/v1/connectors/${ids[0]}`, { active: false }, { "if-match": '"1"' });
    const seen: string[] = [];
    let cursor: string | null = null;
    const sizes: number[] = [];
    do {
      const next: string = cursor === null ? "" : `&cursor=${cursor}`;
      const page = await lister.api.get(`/v1/connectors?limit=2${next}`);
      sizes.push(page.body.data.length);
      seen.push(...page.body.data.map(({ id }: { id: string }) => id));
      cursor = page.body.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(ids);
    expect(sizes).toEqual([2, 2, 1]);
    const count = async (query: string) => (await lister.api.get(`/v1/connectors?${query}`)).body.data.length;
    expect(await count("active=false")).toBe(1);
    expect(await count("active=true&type=salesforce&environment=sandbox")).toBe(4);
    expect(await count("type=sap")).toBe(0);
    expect(await count("environment=production")).toBe(0);
    expect(await lister.api.get("/v1/connectors?cursor=nonsense")).toMatchObject({
      status: 400,
      body: { code: "VALIDATION_FAILED", errors: [{ path: "cursor" }] },
    });
    expect((await lister.api.get("/v1/connectors?limit=0")).status).toBe(400);
    expect((await lister.api.get("/v1/connectors?active=maybe")).status).toBe(400);
  });

  it("names the field whose value is taken", async () => {
    await create({ code: "taken" });
    expect(await create({ code: "taken" })).toMatchObject({
      status: 409,
      body: { code: "CONFLICT", detail: expect.stringContaining("code") },
    });
    expect((await other.api.post("/v1/connectors", sandboxConnector(service, { code: "taken" }))).status).toBe(201);
  });
});
