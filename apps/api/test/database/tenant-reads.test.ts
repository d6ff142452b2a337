import { beforeAll, expect, it } from "vitest";
import { NestedUnitOfWorkError } from "../../src/database/errors.js";
import { Prisma } from "../../src/generated/prisma/client.js";
import { createTenantReads, type TenantQuery } from "../../src/repositories/index.js";
import { describeOnDatabases } from "../support/databases.js";
import { connectorData, createTestTenant, type TestTenant } from "../support/test-data.js";

describeOnDatabases("single reads of a tenant", (get) => {
  let mine: TestTenant;
  let theirs: TestTenant;
  let myId: string;
  let theirId: string;

  beforeAll(async () => {
    const { database } = get();
    mine = await createTestTenant(database);
    theirs = await createTestTenant(database);
    myId = (await connectorData({ credentials: { sealed: true } }).create(database, mine)).id;
    theirId = (await connectorData().create(database, theirs)).id;
  });

  const read = (tenantId: string, id: string) =>
    get().database.readAsTenant(tenantId, (reads) => reads.findConnector(id));
  /** A statement as it is, within the guards of a read of mine. */
  const raw = (text: string) =>
    get().connection.readAsTenant(mine.tenantId, (query: TenantQuery) =>
      // A test stands for a statement that forgot its tenant.
      query<Record<string, unknown>>(Prisma.raw(text) as Parameters<TenantQuery>[0]),
    );

  it("find what a unit of work finds, and nothing that is deleted", async () => {
    const found = await get().database.asTenant(mine.tenantId, ({ connectors }) => connectors.findById(myId));
    expect(found).toMatchObject({ id: myId, createdAt: expect.any(Date) });
    expect(await read(mine.tenantId, myId)).toEqual(found);
    const { id } = await connectorData().create(get().database, mine);
    await get().database.asTenant(mine.tenantId, ({ connectors }) => connectors.softDelete(id, 1));
    expect(await read(mine.tenantId, id)).toBeUndefined();
  });

  it("find nothing of another tenant's, also where the condition names that one", async () => {
    expect(await read(mine.tenantId, theirId)).toBeUndefined();
    const wrong = get().connection.readAsTenant(mine.tenantId, (query) =>
      createTenantReads(theirs.tenantId, query).findConnector(theirId),
    );
    expect(await wrong).toBeUndefined();
    const rows = await raw("select tenant_id::text as tenant, current_user::text as role from connectors");
    expect(new Set(rows.map(({ tenant, role }) => `${tenant} ${role}`))).toEqual(
      new Set([`${mine.tenantId} isthmus_app`]),
    );
  });

  it("find nothing in a session that does not act for a tenant", async () => {
    const unguarded = createTenantReads(mine.tenantId, (statement) => get().connection.prisma.$queryRaw(statement));
    expect(await unguarded.findConnector(myId)).toBeUndefined();
  });

  it("keep tenants apart that read at the same time, and leave nothing behind in their sessions", async () => {
    const turns = Array.from({ length: 40 }, (_, index) => index % 2 === 0);
    const found = await Promise.all(
      turns.map((isMine) => (isMine ? read(mine.tenantId, myId) : read(theirs.tenantId, myId))),
    );
    expect(found.map((row) => row?.id)).toEqual(turns.map((isMine) => (isMine ? myId : undefined)));
  });

  it("end with their statement: one that fails spoils no session, and none of them writes", async () => {
    for (let time = 0; time < 8; time += 1) await expect(raw("select 1 / 0")).rejects.toThrow(/division by zero/);
    if (get().kind === "server") {
      // read_only_sql_transaction, which is what a standby says.
      const write = raw("update connectors set connector_name = 'changed' returning 1");
      await expect(write).rejects.toThrow(/25006/);
    }
    expect(await read(mine.tenantId, myId)).toMatchObject({ id: myId, connectorName: "Salesforce sandbox" });
  });

  it("take no part in a unit of work, and no tenant's id that is none", async () => {
    const nested = get().database.asTenant(mine.tenantId, () => read(mine.tenantId, myId));
    await expect(nested).rejects.toBeInstanceOf(NestedUnitOfWorkError);
    await expect((async () => read("' or true", myId))()).rejects.toThrow(/UUID/);
  });
});
