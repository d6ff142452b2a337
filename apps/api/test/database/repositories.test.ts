import { beforeAll, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { describeOnDatabases } from "../support/databases.js";
import { connectorData, createTestTenant, sha256, type TestTenant } from "../support/test-data.js";

describeOnDatabases("repositories", (get) => {
  let tenant: TestTenant;

  beforeAll(async () => {
    tenant = await createTestTenant(get().database);
  });

  const asTenant: ReturnType<typeof get>["database"]["asTenant"] = (...args) => get().database.asTenant(...args);

  it("store a connector and read back exactly what was stored", async () => {
    const credentials = { v: 1, alg: "A256GCM", data: "b3BhcXVl" };
    const data = connectorData().salesforce().with({ credentials }).build();
    const created = await asTenant(tenant.tenantId, (work) =>
      work.connectors.create({ ...data, createdBy: tenant.userId }),
    );
    expect(created).toMatchObject({ ...data, version: 1, status: "disconnected", deletedAt: null, lastSyncAt: null });
    expect(created.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(Math.abs(created.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
    expect(await asTenant(tenant.tenantId, (work) => work.connectors.findById(created.id))).toEqual(created);
    expect(await asTenant(tenant.tenantId, (work) => work.connectors.findByCode(data.connectorCode))).toEqual(created);
  });

  it("refuse a second connector with a code that is in use, in this tenant only", async () => {
    const { database } = get();
    const builder = connectorData({ connectorCode: "crm" });
    const first = await builder.create(database, tenant);
    await expect(builder.create(database, tenant)).rejects.toMatchObject({
      code: "CONFLICT",
      fields: ["connectorCode"],
    });
    await builder.create(database, await createTestTenant(database));
    // A soft delete frees the code; the deleted connector is found no more.
    await asTenant(tenant.tenantId, (work) => work.connectors.softDelete(first.id, first.version));
    const second = await builder.create(database, tenant);
    expect(second.id).not.toBe(first.id);
    expect(await asTenant(tenant.tenantId, (work) => work.connectors.findById(first.id))).toBeUndefined();
    const kept = await get().queryPastGuards(
      "select deleted_at is not null as deleted from connectors where id = $1::uuid",
      first.id,
    );
    expect(kept).toEqual([{ deleted: true }]);
  });

  it("let one of several updates with the same expected version win", async () => {
    const connector = await connectorData().create(get().database, tenant);
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        asTenant(tenant.tenantId, (work) =>
          work.connectors.update(connector.id, 1, { connectorName: `Name ${index}` }),
        ),
      ),
    );
    expect(attempts.filter((attempt) => attempt.status === "fulfilled")).toHaveLength(1);
    for (const attempt of attempts) {
      if (attempt.status === "rejected") expect(attempt.reason).toMatchObject({ code: "CONFLICT", currentVersion: 2 });
    }
  });

  it("activate, deactivate, note the account and the sync of a connector", async () => {
    const { id } = await connectorData().inactive().create(get().database, tenant);
    const active = await asTenant(tenant.tenantId, (work) => work.connectors.activate(id, 1));
    expect(active).toMatchObject({ isActive: true, version: 2 });
    const facts = { status: "connected", accountId: "00D000000000001", accountName: "Acme" } as const;
    const connected = await asTenant(tenant.tenantId, (work) => work.connectors.recordConnection(id, facts));
    // Contact with the vendor is not a change by a person: whoever edits the connector is not disturbed.
    expect(connected).toMatchObject({ ...facts, version: 2 });
    await asTenant(tenant.tenantId, (work) => work.connectors.recordSync(id));
    const synced = await asTenant(tenant.tenantId, (work) => work.connectors.findById(id));
    expect(synced?.lastSyncAt).toBeInstanceOf(Date);
    const missing = asTenant(tenant.tenantId, (work) => work.connectors.update(newId(), 1, { connectorName: "x" }));
    await expect(missing).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("list connectors in pages, each once, by type, activity and environment", async () => {
    const own = await createTestTenant(get().database);
    for (const builder of [
      connectorData().salesforce(),
      connectorData().sap().inactive(),
      connectorData().quickbooks(),
      connectorData().salesforce().with({ environment: "production" }),
      connectorData().salesforce().inactive(),
    ]) {
      await builder.create(get().database, own);
    }
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await asTenant(own.tenantId, (work) => work.connectors.list({}, { limit: 2, after }));
      expect(page.rows.length).toBeLessThanOrEqual(2);
      seen.push(...page.rows.map((row) => row.id));
      after = page.nextCursor;
    } while (after !== undefined);
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
    expect(seen).toEqual([...seen].sort());

    const count = async (list: Parameters<typeof asTenant<{ rows: readonly unknown[] }>>[1]) =>
      (await asTenant(own.tenantId, list)).rows.length;
    const all = { limit: 10 };
    expect(await count((work) => work.connectors.active(all))).toBe(3);
    expect(await count((work) => work.connectors.byType("salesforce", all))).toBe(3);
    expect(
      await count((work) => work.connectors.list({ type: "salesforce", active: true, environment: "production" }, all)),
    ).toBe(1);
  });

  it("find an API key by its hash as long as it works", async () => {
    const { database } = get();
    const own = await createTestTenant(database, ["editor", "viewer"]);
    const find = () => database.asSystem((system) => system.findApiKey(own.apiKeyHash));
    const identity = {
      tenantId: own.tenantId,
      userId: own.userId,
      apiKeyId: own.apiKeyId,
      roles: ["editor", "viewer"],
    };
    expect(await find()).toMatchObject(identity);
    expect(await database.asSystem((system) => system.findApiKey(sha256("another")))).toBeUndefined();

    await database.asSystem((system) => system.touchApiKey(own.apiKeyId));
    const key = await asTenant(own.tenantId, (work) => work.apiKeys.findById(own.apiKeyId));
    expect(key?.lastUsedAt).toBeInstanceOf(Date);
    expect(JSON.stringify(key)).not.toContain(own.apiKeyHash);

    await asTenant(own.tenantId, (work) => work.users.update(own.userId, { disabled: true }));
    expect(await find()).toBeUndefined();
    await asTenant(own.tenantId, (work) => work.users.update(own.userId, { disabled: false }));
    expect(await find()).toMatchObject(identity);
    expect(await asTenant(own.tenantId, (work) => work.apiKeys.revoke(own.apiKeyId))).toBe(true);
    expect(await find()).toBeUndefined();
    expect(await asTenant(own.tenantId, (work) => work.apiKeys.revoke(own.apiKeyId))).toBe(false);

    const expired = { userId: own.userId, name: "old", prefix: "old", hash: sha256("old"), expiresAt: new Date(0) };
    await asTenant(own.tenantId, (work) => work.apiKeys.create(expired));
    expect(await database.asSystem((system) => system.findApiKey(sha256("old")))).toBeUndefined();
  });

  it("keep a user's address unique within the tenant, whatever its case", async () => {
    const user = { email: "Ada@Example.com", name: "Ada", roles: ["approver"] } as const;
    const created = await asTenant(tenant.tenantId, (work) => work.users.create(user));
    expect(created).toMatchObject({ email: "ada@example.com", roles: ["approver"] });
    const again = asTenant(tenant.tenantId, (work) => work.users.create({ ...user, email: "ADA@example.com" }));
    await expect(again).rejects.toMatchObject({ code: "CONFLICT", fields: ["email"] });
  });

  it("list tenants in pages for the platform", async () => {
    const page = await get().database.asSystem((system) => system.listTenants({ limit: 1 }));
    expect(page.rows).toHaveLength(1);
    expect(page.rows[0]?.createdAt).toBeInstanceOf(Date);
    const next = await get().database.asSystem((system) => system.listTenants({ limit: 1, after: page.nextCursor }));
    expect(next.rows[0]?.id).not.toBe(page.rows[0]?.id);
  });

  it("make one active data key of many callers at once", async () => {
    const own = await createTestTenant(get().database);
    const keys = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        asTenant(own.tenantId, (work) => work.dataKeys.createActive({ wrapped: { index }, keyEncryptionKeyId: "k1" })),
      ),
    );
    expect(new Set(keys.map((key) => key.id)).size).toBe(1);
    expect(await asTenant(own.tenantId, (work) => work.dataKeys.findActive())).toEqual(keys[0]);
  });

  it("list audit events newest first, filtered and in pages", async () => {
    const own = await createTestTenant(get().database);
    for (const action of ["connector.created", "connector.updated", "connector.created"]) {
      await asTenant(own.tenantId, (work) =>
        work.auditEvents.append({
          action,
          targetType: "connector",
          outcome: "success",
          actorUserId: own.userId,
          details: { action },
        }),
      );
    }
    const list = (filter: object, limit: number, after?: string) =>
      asTenant(own.tenantId, (work) => work.auditEvents.list(filter, { limit, after }));
    const first = await list({}, 2);
    const second = await list({}, 2, first.nextCursor);
    const ids = [...first.rows, ...second.rows].map((row) => row.id);
    expect(ids).toEqual([...ids].sort().reverse());
    expect(ids).toHaveLength(4);
    expect(second.rows.at(-1)).toMatchObject({ action: "tenant.created", actorUserId: null, targetId: own.tenantId });
    expect((await list({ action: "connector.created" }, 9)).rows).toHaveLength(2);
    expect((await list({ since: new Date(Date.now() + 3_600_000) }, 9)).rows).toEqual([]);
  });

  it("delete everything of a tenant with it, except its audit", async () => {
    const { database } = get();
    const own = await createTestTenant(database);
    const connector = await connectorData().create(database, own);
    const place = { tenantId: own.tenantId, connectorId: connector.id };
    await database.asSystem(({ tokens }) =>
      tokens.claim(place, { purpose: "authorize", version: 0, leaseMs: 1, attemptId: newId() }),
    );
    await asTenant(own.tenantId, (work) => work.dataKeys.createActive({ wrapped: {}, keyEncryptionKeyId: "k" }));
    await asTenant(own.tenantId, (work) =>
      work.auditEvents.append({ action: "x", targetType: "x", outcome: "success" }),
    );
    await get().queryPastGuards("delete from tenants where id = $1::uuid returning 1", own.tenantId);
    const tables = [
      "users",
      "api_keys",
      "connectors",
      "connector_tokens",
      "data_keys",
      "oauth_sessions",
      "audit_events",
    ];
    for (const table of tables) {
      const rows = await get().queryPastGuards(`select 1 from ${table} where tenant_id = $1::uuid`, own.tenantId);
      // Its making is one of them.
      expect([table, rows.length]).toEqual([table, table === "audit_events" ? 2 : 0]);
    }
  });
});
