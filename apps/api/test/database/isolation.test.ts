import { NotFoundError } from "@isthmus/core";
import { beforeAll, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { runUnitOfWork } from "../../src/database/unit-of-work.js";
import { describeOnDatabases } from "../support/databases.js";
import { connectorData, createTestTenant, type TestTenant } from "../support/test-data.js";

const tenantTables = [
  "api_keys",
  "audit_events",
  "audit_heads",
  "connector_deletions",
  "change_request_comments",
  "change_requests",
  "connector_tokens",
  "connectors",
  "data_keys",
  "idempotency_keys",
  "identity_providers",
  "inbound_deliveries",
  "inbound_endpoints",
  "inbound_event_targets",
  "operation_runs",
  "record_writes",
  "records",
  "sync_runs",
  "sync_schedules",
  "sync_sightings",
  "sync_states",
  "inbound_events",
  "oauth_sessions",
  "outbox_events",
  "tenants",
  "users",
];
/** Of no tenant: reached by the system's functions only. */
const platformTables = ["key_rotations", "platform_events"];

describeOnDatabases("row-level security", (get) => {
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

  /** Raw SQL in a unit of work of `mine`, with no filter that a repository would add. */
  function rawAsMine(sql: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
    const who = { role: "isthmus_app", tenantId: mine.tenantId } as const;
    return runUnitOfWork(get().connection.prisma, who, (client) => client.$queryRawUnsafe(sql, ...values));
  }

  it("shows a raw query without any condition only the rows of its tenant", async () => {
    for (const table of ["connectors", "users", "api_keys"]) {
      const rows = await rawAsMine(`select tenant_id::text from ${table}`);
      expect(rows.map((row) => row.tenant_id)).toEqual([mine.tenantId]);
    }
    expect(await rawAsMine("select id::text from tenants")).toEqual([{ id: mine.tenantId }]);
  });

  it("would see both tenants' rows without the guard (control)", async () => {
    const rows = await get().queryPastGuards("select tenant_id::text as id from connectors");
    expect(rows.map((row) => row.id).sort()).toEqual([mine.tenantId, foreign.tenantId].sort());
  });

  it("hides a foreign id from raw queries and from repositories", async () => {
    expect(await rawAsMine("select 1 from connectors where id = $1::uuid", foreignConnectorId)).toEqual([]);
    const found = await get().database.asTenant(mine.tenantId, (work) => work.connectors.findById(foreignConnectorId));
    expect(found).toBeUndefined();
    const update = get().database.asTenant(mine.tenantId, (work) =>
      work.connectors.update(foreignConnectorId, 1, { connectorName: "stolen" }),
    );
    await expect(update).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("refuses to insert a row with a foreign tenant_id, or to move a row there", async () => {
    const insert = rawAsMine(
      "insert into audit_events (id, tenant_id, action, target_type, outcome) values (gen_random_uuid(), $1::uuid, 'x', 'x', 'success') returning 1",
      foreign.tenantId,
    );
    await expect(insert).rejects.toThrow(/row-level security/);
    const move = rawAsMine("update connectors set tenant_id = $1::uuid returning 1", foreign.tenantId);
    await expect(move).rejects.toThrow(/row-level security/);
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
    await rawAsMine("select 1");
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

  it("is enabled, forced and given its policies on every table of the schema", async () => {
    const tables = await get().connection.prisma.$queryRaw<{ name: string; forced: boolean; policies: string[] }[]>`
      select c.relname::text as name, c.relrowsecurity and c.relforcerowsecurity as forced,
        array(select polname::text from pg_policy where polrelid = c.oid order by 1) as policies
      from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> '_prisma_migrations'
      order by 1`;
    const expected = tenantTables.map((name) => ({
      name,
      forced: true,
      policies: [
        ...(name === "connectors" ? ["purges_only"] : []),
        ...(name === "audit_events" ? ["system_appends", "system_reads", "system_seals"] : ["system_functions"]),
        "tenant_isolation",
      ],
    }));
    const platform = [
      { name: "key_rotations", forced: true, policies: ["system_functions"] },
      { name: "platform_events", forced: true, policies: ["system_appends", "system_reads"] },
    ];
    expect(tables).toEqual([...expected, ...platform].toSorted((left, right) => (left.name < right.name ? -1 : 1)));
  });

  it("gives the tenant's role no way past it", async () => {
    const [role] = await get().connection.prisma.$queryRaw<object[]>`
      select rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname = 'isthmus_app'`;
    expect(role).toEqual({ rolsuper: false, rolbypassrls: false, rolcanlogin: false });
    await expect(rawAsMine("select * from isthmus_list_tenants(null, 10)")).rejects.toThrow(/permission denied/);
    await expect(rawAsMine("select * from _prisma_migrations")).rejects.toThrow(/permission denied/);
    await expect(rawAsMine("alter table connectors disable row level security")).rejects.toThrow(/must be owner/);
  });

  it("lets nobody change or remove an audit event", async () => {
    await get().database.asTenant(mine.tenantId, (work) =>
      work.auditEvents.append({ action: "test", targetType: "test", outcome: "success" }),
    );
    for (const sql of [
      "update audit_events set action = 'forged' returning 1",
      "delete from audit_events returning 1",
      "truncate audit_events",
    ]) {
      await expect(rawAsMine(sql)).rejects.toThrow(/permission denied/);
    }
  });

  it("shows a tenant's role nothing of the platform, and lets no function change or remove what its audit says", async () => {
    for (const table of platformTables) {
      await expect(rawAsMine(`select 1 from ${table}`)).rejects.toThrow(/permission denied/);
    }
    const policies = await get().connection.prisma.$queryRaw<{ command: string }[]>`
      select polcmd::text as command from pg_policy where polrelid = 'platform_events'::regclass order by 1`;
    // SELECT and INSERT: for whatever else the owner tries, inside a function too, there is no row.
    expect(policies.map(({ command }) => command)).toEqual(["a", "r"]);
    if (get().kind === "embedded") return; // Its owner is a superuser, whom no policy binds.
    const tamper = (sql: string) => get().connection.prisma.$executeRawUnsafe(sql);
    expect(await tamper("update platform_events set action = 'forged'")).toBe(0);
    expect(await tamper("delete from platform_events")).toBe(0);
  });

  it("gives the system's role no table, only its functions", async () => {
    const { prisma } = get().connection;
    for (const table of [...tenantTables, ...platformTables, "_prisma_migrations"]) {
      const read = runUnitOfWork(prisma, { role: "isthmus_system" }, (client) =>
        client.$queryRawUnsafe(`select 1 from ${table}`),
      );
      await expect(read).rejects.toThrow(/permission denied/);
    }
    const callable = await runUnitOfWork(
      prisma,
      { role: "isthmus_system" },
      (client) => client.$queryRaw<{ name: string }[]>`
      select proname::text as name from pg_proc
      where pronamespace = 'public'::regnamespace and has_function_privilege(oid, 'execute') order by 1`,
    );
    expect(callable.map((row) => row.name)).toEqual([
      "isthmus_begin_key_rotation",
      "isthmus_claim_audits_to_seal",
      "isthmus_claim_due_change_requests",
      "isthmus_claim_due_operation_runs",
      "isthmus_claim_due_purges",
      "isthmus_claim_due_schedules",
      "isthmus_claim_due_tokens",
      "isthmus_claim_key_rotation",
      "isthmus_claim_oauth_start",
      "isthmus_claim_oauth_state",
      "isthmus_claim_sync_runs",
      "isthmus_claim_tokens",
      "isthmus_complete_key_rotation",
      "isthmus_count_data_keys",
      "isthmus_count_stale_values",
      "isthmus_create_tenant",
      "isthmus_delete_tenant",
      "isthmus_destroy_retired_data_keys",
      "isthmus_find_api_key",
      "isthmus_find_identity_provider",
      "isthmus_find_inbound_endpoint",
      "isthmus_find_key_rotation",
      "isthmus_find_refused_api_key",
      "isthmus_fire_schedules",
      "isthmus_land_audit_seals",
      "isthmus_land_key_rotation_batch",
      "isthmus_land_sealed_values",
      "isthmus_land_tokens",
      "isthmus_leave_key_rotation",
      "isthmus_list_data_keys",
      "isthmus_list_key_rotations",
      "isthmus_list_platform_events",
      "isthmus_list_stale_values",
      "isthmus_list_tenant_events",
      "isthmus_list_tenants",
      "isthmus_list_tenants_with_older_keys",
      "isthmus_load_tokens",
      "isthmus_prune_idempotency_keys",
      "isthmus_prune_inbound",
      "isthmus_prune_operation_runs",
      "isthmus_prune_sync_runs",
      "isthmus_release_attempts",
      "isthmus_sample_data_keys",
      "isthmus_switch_key_rotation",
      "isthmus_touch_api_key",
    ]);
  });

  it("runs the system's functions with a fixed search path, closed to everybody else", async () => {
    const functions = await get().connection.prisma.$queryRaw<{ definer: boolean; config: string[]; open: boolean }[]>`
      select prosecdef as definer, proconfig as config,
        exists (select from aclexplode(proacl) where grantee = 0) as open
      from pg_proc where pronamespace = 'public'::regnamespace`;
    expect(functions.length).toBeGreaterThan(0);
    for (const each of functions) {
      expect(each).toEqual({
        definer: true,
        config: ["search_path=pg_catalog, pg_temp"],
        open: false,
      });
    }
  });
});
