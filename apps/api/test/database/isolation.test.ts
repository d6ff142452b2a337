import { NotFoundError } from "@isthmus/core";
import { beforeAll, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { runUnitOfWork } from "../../src/database/unit-of-work.js";
import { describeOnDatabases } from "../support/databases.js";
import { connectorData, createTestTenant, type TestTenant } from "../support/test-data.js";

// What a tenant's unit of work can do to others, and what the catalogue leaves open, is in raw-sql.test.ts.
describeOnDatabases("the roles of the database", (get) => {
  let mine: TestTenant;
  let foreign: TestTenant;
  let foreignConnectorId: string;

  beforeAll(async () => {
    const { database } = get();
    mine = await createTestTenant(database);
    foreign = await createTestTenant(database);
    await connectorData().create(database, mine);
    foreignConnectorId = (await connectorData().create(database, foreign)).id;
  });

  it("refuses a reference to another tenant's row", async () => {
    const create = get().database.asTenant(mine.tenantId, (work) =>
      work.connectors.create({ ...connectorData().build(), createdBy: foreign.userId }),
    );
    await expect(create).rejects.toBeInstanceOf(NotFoundError);
    const place = { tenantId: mine.tenantId, connectorId: foreignConnectorId };
    const claim = get().database.asSystem(({ tokens }) =>
      tokens.claim(place, { purpose: "authorize", version: 0, leaseMs: 1_000, attemptId: newId() }),
    );
    await expect(claim).rejects.toBeInstanceOf(NotFoundError);
  });

  it("gives the token functions nothing of a connector that is named with another tenant", async () => {
    const { database } = get();
    const own = { tenantId: foreign.tenantId, connectorId: foreignConnectorId };
    const stolen = { tenantId: mine.tenantId, connectorId: foreignConnectorId };
    const landed = { tokens: { stolen: true }, isRenewal: true };
    const claim = (place: typeof own) =>
      database.asSystem(({ tokens }) =>
        tokens.claim(place, { purpose: "authorize", version: 0, leaseMs: 1_000, attemptId: newId() }),
      );
    const begun = await claim(own);
    if (begun.outcome !== "begun") throw new Error(begun.outcome);
    // There is a row now, with an attempt: only the tenant keeps the others from it.
    await expect(claim(stolen)).rejects.toBeInstanceOf(NotFoundError);
    await database.asSystem(async ({ tokens }) => {
      expect(await tokens.land(stolen, begun.attemptId, landed)).toBeUndefined();
      expect(await tokens.land(own, begun.attemptId, { ...landed, tokens: { stolen: false } })).toBe(1);
      expect(await tokens.land(stolen, begun.attemptId, landed)).toBeUndefined();
      expect(await tokens.load(stolen)).toMatchObject({ version: 0, tokens: undefined });
      expect(await tokens.load(own)).toMatchObject({ version: 1, tokens: { stolen: false } });
    });
  });

  it("shows a tenant's role nothing when no tenant is set", async () => {
    const rows = await get().connection.prisma.$transaction(async (client) => {
      await client.$executeRaw`select set_config('role', 'isthmus_app', true)`;
      return client.$queryRaw`select 1 from connectors`;
    });
    expect(rows).toEqual([]);
  });

  it("binds the owner of the tables too, unless it is a superuser as in the embedded database", async () => {
    const { connection, kind } = get();
    const rows = await connection.prisma.$queryRaw<object[]>`select 1 from connectors`;
    expect(rows.length).toBe(kind === "server" ? 0 : 2);
  });

  it("leaves neither role nor tenant behind on the connection", async () => {
    const who = { role: "isthmus_app", tenantId: mine.tenantId } as const;
    await runUnitOfWork(get().connection.prisma, who, (client) => client.$queryRawUnsafe("select 1"));
    const [row] = await get().connection.prisma.$queryRaw<{ role: string; tenant: string | null }[]>`
      select current_user::text as role, current_setting('app.tenant_id', true) as tenant`;
    expect(row?.role).not.toBe("isthmus_app");
    expect(row?.tenant || null).toBeNull();
  });

  it("keeps tenants apart that work at the same time", async () => {
    const ids = Array.from({ length: 10 }, (_, index) => (index % 2 ? mine : foreign).tenantId);
    const seen = await Promise.all(
      ids.map((id) => get().database.asTenant(id, async (work) => (await work.connectors.list({}, { limit: 9 })).rows)),
    );
    expect(seen.map((rows) => rows.map((row) => row.tenantId))).toEqual(ids.map((id) => [id]));
  });

  it("lets no function change or remove what the platform's audit says", async () => {
    const policies = await get().connection.prisma.$queryRaw<{ command: string }[]>`
      select polcmd::text as command from pg_policy where polrelid = 'platform_events'::regclass order by 1`;
    // SELECT, INSERT, UPDATE of what is not sealed: for whatever else the owner tries, inside a function too, there is no row.
    expect(policies.map(({ command }) => command)).toEqual(["a", "r", "w"]);
    if (get().kind === "embedded") return; // Its owner is a superuser, whom no policy binds.
    const tamper = (sql: string) => get().connection.prisma.$executeRawUnsafe(sql);
    expect(await tamper("update platform_events set action = 'forged'")).toBe(0);
    expect(await tamper("delete from platform_events")).toBe(0);
  });

  it("gives the system's role no table", async () => {
    const { prisma } = get().connection;
    const tables = await get().queryPastGuards(
      "select table_name::text as name from information_schema.tables where table_schema = 'public'",
    );
    expect(tables.length).toBeGreaterThan(25);
    for (const { name: table } of tables) {
      const read = runUnitOfWork(prisma, { role: "isthmus_system" }, (client) =>
        client.$queryRawUnsafe(`select 1 from ${table}`),
      );
      await expect(read).rejects.toThrow(/permission denied/);
    }
  });
});
