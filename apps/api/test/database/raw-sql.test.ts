import { beforeAll, describe, expect, it } from "vitest";
import { createDatabase } from "../../src/database/open-database.js";
import { runUnitOfWork } from "../../src/database/unit-of-work.js";
import { describeOnDatabases } from "../support/databases.js";
import { type FullTenant, fillTenant } from "../support/full-tenant.js";
import { findHoles, type Grants, openings } from "../support/schema-holes.js";
import { dumpTenant, findMarks, listTenantTables, type TenantDump } from "../support/tenant-dump.js";

/** What a tenant's work may do with each table: r(ead), a(ppend), w(rite), d(elete). Any other table: nothing. */
const grants: Grants = {
  tenants: "r",
  users: "raw",
  api_keys: "raw",
  // Removed are only those whose purge was begun: purge.test.ts.
  connectors: "rawd",
  connector_deletions: "rawd",
  connector_tokens: "rawd",
  data_keys: "raw",
  oauth_sessions: "rawd",
  identity_providers: "rawd",
  audit_events: "ra",
  audit_heads: "r",
  outbox_events: "ra",
  webhook_endpoints: "rawd",
  webhook_deliveries: "raw",
  webhook_deliveries_seq_seq: "U",
  sink_deliveries: "ra",
  sink_deliveries_seq_seq: "U",
  inbound_endpoints: "rawd",
  inbound_deliveries: "rad",
  inbound_events: "ra",
  inbound_event_targets: "raw",
  operation_runs: "raw",
  record_writes: "raw",
  change_requests: "raw",
  change_request_comments: "ra",
  idempotency_keys: "rawd",
  sync_schedules: "rawd",
  sync_states: "raw",
  sync_states_series_seq: "U",
  sync_runs: "raw",
  sync_run_lines: "ra",
  sync_sightings: "rad",
  records: "raw",
  connector_health: "rw",
  connector_outcomes: "r",
};

describeOnDatabases("raw SQL in a tenant's unit of work", (get) => {
  let mine: FullTenant;
  let theirs: FullTenant;
  let myRows: TenantDump;
  let theirRows: TenantDump;
  let marks: readonly string[];
  let tables: ReadonlyMap<string, string>;

  beforeAll(async () => {
    const query = get().queryPastGuards;
    // With a sink, so that events wait for one as well.
    const database = createDatabase(get().connection, ["@acme/sink"]);
    mine = await fillTenant(database);
    theirs = await fillTenant(database);
    myRows = await dumpTenant(query, mine.tenantId);
    theirRows = await dumpTenant(query, theirs.tenantId);
    marks = [...findMarks(theirRows, myRows)];
    tables = await listTenantTables(query);
  });

  /** Statements of one unit, with no filter that a repository would add. @returns the rows of the last one. */
  function asMine(...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    const who = { role: "isthmus_app", tenantId: mine.tenantId } as const;
    return runUnitOfWork(get().connection.prisma, who, async (client) => {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) rows = await client.$queryRawUnsafe(statement);
      return rows;
    });
  }
  const isTheirs = (rows: unknown) => marks.some((mark) => JSON.stringify(rows).includes(mark));
  const expectUntouched = async () =>
    expect(await dumpTenant(get().queryPastGuards, theirs.tenantId)).toEqual(theirRows);

  it("sees the tenant's own rows of each table and no others", async () => {
    for (const table of tables.keys()) {
      const rows = await asMine(`select to_jsonb(r) as row from ${table} r`);
      expect(
        rows.map(({ row }) => row),
        table,
      ).toHaveLength(myRows[table]?.length ?? -1);
      expect(isTheirs(rows), table).toBe(false);
      expect(isTheirs(theirRows[table]), table).toBe(true);
    }
  });

  it("sees nothing at all of a table of no tenant", async () => {
    const others = await get().queryPastGuards(
      `select table_name::text as name from information_schema.tables
      where table_schema = 'public' and table_name <> all ($1::text[])`,
      [...tables.keys()],
    );
    expect(others.length).toBeGreaterThan(0);
    for (const { name } of others) {
      await expect(asMine(`select 1 from ${name}`), String(name)).rejects.toThrow(/permission denied/);
    }
  });

  it("changes, removes and moves nothing of another tenant's", async () => {
    for (const [table, column] of tables) {
      const theirId = `'${theirs.tenantId}'::uuid`;
      for (const statement of [
        `update ${table} set ${column} = ${column} where ${column} = ${theirId} returning 1`,
        `delete from ${table} where ${column} = ${theirId} returning 1`,
      ]) {
        const rows = await asMine(statement).catch((error: unknown) => String(error));
        if (typeof rows === "string") expect(rows, statement).toMatch(/permission denied/);
        else expect(rows, statement).toEqual([]);
      }
      const move = asMine(`update ${table} set ${column} = ${theirId} returning 1`);
      await expect(move, table).rejects.toThrow(/permission denied|row-level security/);
    }
    await expectUntouched();
  });

  it("makes no row in another tenant's place, not even a copy of its own", async () => {
    for (const [table, column] of tables) {
      const columns = await get().queryPastGuards(
        `select quote_ident(column_name) as name
        from information_schema.columns where table_schema = 'public' and table_name = $1
          and is_generated = 'NEVER'`,
        table,
      );
      const names = columns.map(({ name }) => String(name));
      const values = names.map((name) => (name === column ? `'${theirs.tenantId}'::uuid` : name));
      const copy = asMine(`insert into ${table} (${names}) select ${values} from ${table} returning 1`);
      await expect(copy, table).rejects.toThrow(/permission denied|row-level security/);
    }
    await expectUntouched();
  });

  it("finds no way round through what the database itself offers", async () => {
    await get().queryPastGuards("analyze");
    for (const statement of [
      "select query_to_xml('select * from connectors', true, true, '')::text as seen",
      "select table_to_xml('users', true, true, '')::text as seen",
      "select to_jsonb(s) as seen from pg_stats s where schemaname = 'public'",
      "select query as seen from pg_stat_activity",
      "select to_jsonb(l) as seen from pg_largeobject_metadata l",
    ]) {
      expect(isTheirs(await asMine(statement)), statement).toBe(false);
    }
    for (const closed of [
      "select * from pg_statistic",
      "select * from pg_authid",
      "select pg_read_file('PG_VERSION')",
    ]) {
      await expect(asMine(closed), closed).rejects.toThrow(/permission denied/);
    }
  });

  it("is shown no row to judge before the policy has judged it", async () => {
    const spy = (code: string) => `select 1 from connectors
      where case connector_code when '${code}' then 1 / (version - version) else 1 end = 1`;
    expect(await asMine(spy(theirs.connectorCode))).toHaveLength(myRows.connectors?.length ?? -1);
    await expect(asMine(spy(mine.connectorCode))).rejects.toThrow(/division by zero/);
  });

  it("finds no hole in the schema: table, column, view, policy, function, role, reference", async () => {
    expect(await findHoles(get().queryPastGuards, grants)).toEqual([]);
  });

  it("would find the schema open in many ways, each of which is noticed", async () => {
    const { queryPastGuards } = get();
    await queryPastGuards("begin");
    try {
      for (const [sql] of openings) await queryPastGuards(sql);
      const found = await findHoles(queryPastGuards, grants);
      const unexpected = found.filter((line) => !openings.some(([, hole]) => hole !== "" && line.startsWith(hole)));
      const missed = openings.filter(([, hole]) => !found.some((line) => line.startsWith(hole)));
      expect({ unexpected, missed }).toEqual({ unexpected: [], missed: [] });
    } finally {
      await queryPastGuards("rollback");
    }
  });

  // What somebody could do who had a way to put SQL of their own into a statement. Repositories have none: see
  // scoped-client.test.ts. This is a second line of defence, where the database's user may draw it.
  describe("that was smuggled in", () => {
    const takeOver = () => `select c.id::text from connectors c,
      (select set_config('app.tenant_id', '${theirs.tenantId}', true)) as s`;

    beforeAll(async () => {
      if (get().kind === "embedded") return;
      // On a server as it comes, it is enough (control)…
      expect(isTheirs(await asMine(takeOver()))).toBe(true);
      // …until its administrator does what docs/decisions/026-what-keeps-tenants-apart.md says.
      await get().queryPastGuards("revoke execute on function pg_catalog.set_config from public");
      await get().queryPastGuards("grant execute on function pg_catalog.set_config to isthmus_owner");
    });

    it.each([
      ["the tenant within a read", takeOver],
      ["the tenant", () => `select set_config('app.tenant_id', '${theirs.tenantId}', true)`],
      ["the role", () => "select set_config('role', 'isthmus_system', true)"],
      ["the role by its view", () => "update pg_settings set setting = 'isthmus_system' where name = 'role'"],
      [
        "the tenant by a nested query",
        () => `select query_to_xml('select set_config(''app.tenant_id'', ''x'', true)', true, true, '')::text as seen`,
      ],
    ])("cannot change %s", async (_, statement) => {
      await expect(asMine(statement())).rejects.toThrow(/permission denied for function set_config/);
    });

    it("ends with the statement, since a statement with values is one: they name the tenant at the least", async () => {
      const who = { role: "isthmus_app", tenantId: mine.tenantId } as const;
      for (const second of ["reset role", "set role isthmus_system", "commit"]) {
        const both = runUnitOfWork(get().connection.prisma, who, (client) =>
          client.$queryRawUnsafe(`select $1::text; ${second}`, mine.tenantId),
        );
        await expect(both).rejects.toThrow(/multiple commands/);
      }
    });

    it("is in nobody's way who means well", async () => {
      const { database } = get();
      expect(await database.asTenant(mine.tenantId, ({ tenant }) => tenant.find())).toMatchObject({
        id: mine.tenantId,
      });
      // As many as there may be connections: some are new.
      const keys = Array.from({ length: 6 }, () => database.asSystem((system) => system.findApiKey(mine.apiKeyHash)));
      expect(new Set((await Promise.all(keys)).map((key) => key?.tenantId))).toEqual(new Set([mine.tenantId]));
    });
  });
});
