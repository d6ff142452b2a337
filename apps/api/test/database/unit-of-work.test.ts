import { beforeAll, expect, it } from "vitest";
import { runUnitOfWork } from "../../src/database/unit-of-work.js";
import { describeOnDatabases } from "../support/databases.js";
import { connectorData, createTestTenant, type TestTenant } from "../support/test-data.js";

const nested = { code: "NESTED_UNIT_OF_WORK", retryable: false };

describeOnDatabases("a unit of work", (get) => {
  let tenant: TestTenant;

  beforeAll(async () => {
    tenant = await createTestTenant(get().database);
  });

  const countConnectors = () =>
    get().database.asTenant(
      tenant.tenantId,
      async (work) => (await work.connectors.list({}, { limit: 100 })).rows.length,
    );

  it("refuses another one inside, instead of waiting for itself", async () => {
    const { database } = get();
    const inner: (() => Promise<unknown>)[] = [
      () => database.asTenant(tenant.tenantId, (work) => work.tenant.find()),
      () => database.asSystem((system) => system.listTenants({ limit: 1 })),
      () => database.ping(),
    ];
    for (const open of inner) {
      await expect(database.asTenant(tenant.tenantId, open)).rejects.toMatchObject(nested);
      await expect(database.asSystem(open)).rejects.toMatchObject(nested);
    }
  });

  it("lets what was started inside begin its own after the end", async () => {
    const { database } = get();
    const ended = Promise.withResolvers<void>();
    let detached: Promise<number> | undefined;
    await database.asTenant(tenant.tenantId, async () => {
      detached = ended.promise.then(countConnectors);
    });
    ended.resolve();
    expect(await detached).toBeTypeOf("number");
  });

  it("stores nothing when its work throws, and throws the same error", async () => {
    const before = await countConnectors();
    const failure = new Error("changed my mind");
    const unit = get().database.asTenant(tenant.tenantId, async (work) => {
      await work.connectors.create({ ...connectorData().build(), createdBy: tenant.userId });
      throw failure;
    });
    await expect(unit).rejects.toBe(failure);
    expect(await countConnectors()).toBe(before);
  });

  it("fails as a whole when a statement failed, even if its work swallowed the error", async () => {
    const before = await countConnectors();
    const data = { ...connectorData().build(), createdBy: tenant.userId };
    const unit = get().database.asTenant(tenant.tenantId, async (work) => {
      await work.connectors.create(data);
      await work.connectors.create(data).catch(() => "taken");
      return "done";
    });
    await expect(unit).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await countConnectors()).toBe(before);
  });

  it("reports a COMMIT that fails", async () => {
    await get().queryPastGuards("create table deferred (id int unique deferrable initially deferred)");
    await get().queryPastGuards("grant insert on deferred to isthmus_app");
    const who = { role: "isthmus_app", tenantId: tenant.tenantId } as const;
    const unit = runUnitOfWork(get().connection.prisma, who, async (client) => {
      await client.$executeRaw`insert into deferred values (1), (1)`;
      return "done";
    });
    await expect(unit).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await get().queryPastGuards("select * from deferred")).toEqual([]);
    await get().queryPastGuards("drop table deferred");
  });

  it("reads and writes instants as UTC whatever the session's time zone is", async () => {
    const expiresAt = new Date("2031-02-03T04:05:06.789Z");
    const data = { userId: tenant.userId, name: "utc", prefix: "utc", hash: "utc", expiresAt };
    const key = await get().database.asTenant(tenant.tenantId, (work) => work.apiKeys.create(data));
    const [row] = await get().queryPastGuards(
      "select expires_at = '2031-02-03T04:05:06.789Z' as same from api_keys where id = $1::uuid",
      key.id,
    );
    expect([key.expiresAt, row?.same]).toEqual([expiresAt, true]);
  });

  it("gives up what it has locked when nothing comes any more, on a server", async () => {
    const { kind, connection } = get();
    const who = { role: "isthmus_app", tenantId: tenant.tenantId } as const;
    const [row] = await runUnitOfWork(
      connection.prisma,
      who,
      (client) =>
        client.$queryRaw<{ after: string }[]>`select current_setting('idle_in_transaction_session_timeout') as after`,
    );
    expect(row?.after).toBe(kind === "server" ? "20s" : "0");
  });

  it("takes nothing but a UUID for a tenant", async () => {
    const unit = get().database.asTenant("' or true --", (work) => work.tenant.find());
    await expect(unit).rejects.toThrow(TypeError);
  });
});
