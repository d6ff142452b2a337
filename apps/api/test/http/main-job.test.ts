import { afterAll, beforeAll, expect, it } from "vitest";
import { TestBrowser } from "../support/browser.js";
import { describeOnDatabases } from "../support/databases.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

describeOnDatabases("the main job over HTTP", (get) => {
  let service: TestService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
  });
  afterAll(() => service?.close());

  it("creates, authorises, tests, works with records, refreshes and disconnects", async () => {
    const { api } = tenant;
    const created = await api.post("/v1/connectors", sandboxConnector(service));
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ status: "disconnected", account: null, hasCredentials: true, version: 1 });
    const { id } = created.body;

    const untested = await api.post(`/v1/connectors/${id}/test`);
    expect(untested.body).toMatchObject({ ok: false, checks: [{ ok: false, code: "RECONNECT_REQUIRED" }] });

    const link = await api.post(`/v1/connectors/${id}/authorize`, {});
    expect(link.status).toBe(200);
    const browser = new TestBrowser();
    const page = await browser.follow(link.body.authorizationUrl);
    expect(page.status).toBe(200);
    expect(page.text).toContain("Connected");
    expect(page.text).toContain("Ada Admin");
    expect(browser.setCookies[0]).toMatch(/; Max-Age=600; Path=\/oauth; HttpOnly; SameSite=Lax$/);

    const connected = await api.get(`/v1/connectors/${id}`);
    expect(connected.body).toMatchObject({ status: "connected", account: { id: expect.stringMatching(/^00D/) } });
    expect((await api.post(`/v1/connectors/${id}/test`)).body).toMatchObject({ ok: true });

    const operations = await api.get(`/v1/connectors/${id}/operations`);
    expect(operations.body.data.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(["records.create", "records.upsert", "query", "describe", "limits", "identity"]),
    );

    const record = await api.run(id, "records.create", { sobject: "Account", record: { Name: "Norrland Bygg AB" } });
    expect(record.status).toBe(200);
    const recordId = record.body.id;
    await api.run(id, "records.update", { sobject: "Account", id: recordId, record: { NumberOfEmployees: 12 } });
    const read = await api.run(id, "records.retrieve", { sobject: "Account", id: recordId });
    expect(read.body).toMatchObject({ Name: "Norrland Bygg AB", NumberOfEmployees: 12 });

    const soql = `SELECT Id, Name FROM Account WHERE Name = 'Norrland Bygg AB'`;
    expect((await api.run(id, "query", { soql })).body).toMatchObject({ totalSize: 1, records: [{ Id: recordId }] });
    const lines = await api.run(
      id,
      "query",
      { soql: "SELECT Id, Name FROM Account" },
      { accept: "application/x-ndjson" },
    );
    expect(lines.headers.get("content-type")).toBe("application/x-ndjson");
    const rows = lines.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.length).toBeGreaterThan(5);
    expect(rows).toContainEqual(expect.objectContaining({ Id: recordId }));

    const entities = await api.get(`/v1/connectors/${id}/entities`);
    expect(entities.body.data).toContainEqual(expect.objectContaining({ name: "Account", readable: true }));
    const account = await api.get(`/v1/connectors/${id}/entities/Account`);
    expect(account.body.fields).toContainEqual(expect.objectContaining({ name: "Name", required: true }));
    expect((await api.get(`/v1/connectors/${id}/entities/Nothing__c`)).status).toBe(404);

    expect((await api.run(id, "records.delete", { sobject: "Account", id: recordId })).status).toBeLessThan(300);
    const gone = await api.run(id, "records.retrieve", { sobject: "Account", id: recordId });
    expect(gone).toMatchObject({ status: 404, body: { code: "NOT_FOUND", vendor: expect.anything() } });

    const refreshed = await api.post(`/v1/connectors/${id}/refresh`);
    expect(refreshed).toMatchObject({ status: 200, body: { tokenVersion: 2 } });
    expect((await api.post(`/v1/connectors/${id}/disconnect`)).body).toEqual({ revoked: true, failure: null });
    expect((await api.post(`/v1/connectors/${id}/disconnect`)).body).toEqual({ revoked: false, failure: null });
    const afterwards = await api.run(id, "limits", {});
    expect(afterwards).toMatchObject({ status: 409, body: { code: "RECONNECT_REQUIRED", retryable: false } });

    const audit = await api.get("/v1/audit-events?limit=200");
    const actions = audit.body.data.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(
      expect.arrayContaining([
        "connector.created",
        "connector.authorization_started",
        "connector.connected",
        "operation.run",
        "connector.refreshed",
        "connector.disconnected",
      ]),
    );
  });

  it("upserts by external id: first creates, then updates", async () => {
    const { api } = tenant;
    const { id } = (await api.post("/v1/connectors", sandboxConnector(service))).body;
    const link = await api.post(`/v1/connectors/${id}/authorize`);
    await new TestBrowser().follow(link.body.authorizationUrl);
    const account = await api.get(`/v1/connectors/${id}/entities/Account`);
    const field = account.body.fields.find(
      ({ externalId, name }: { externalId: boolean; name: string }) => externalId && name !== "Id",
    );
    const upsert = (name: string) =>
      api.run(id, "records.upsert", {
        sobject: "Account",
        externalIdField: field.name,
        externalId: "ERP-4711",
        record: { Name: name },
      });
    const first = await upsert("Fjordfisk AS");
    const second = await upsert("Fjordfisk Holding AS");
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body.id ?? first.body.id).toBe(first.body.id);
    const soql = `SELECT Name FROM Account WHERE ${field.name} = 'ERP-4711'`;
    expect((await api.run(id, "query", { soql })).body.records).toMatchObject([{ Name: "Fjordfisk Holding AS" }]);
  });
});
