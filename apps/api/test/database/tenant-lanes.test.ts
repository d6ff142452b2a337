import { beforeAll, expect, it } from "vitest";
import { NestedUnitOfWorkError } from "../../src/database/errors.js";
import { Prisma } from "../../src/generated/prisma/client.js";
import type { TenantLane } from "../../src/repositories/index.js";
import { describeOnDatabases } from "../support/databases.js";
import { connectorData, createTestTenant, type TestTenant } from "../support/test-data.js";

type Statement = Parameters<TenantLane["send"]>[0][number];
// A test stands for a statement that forgot its tenant.
const raw = (text: string) => Prisma.raw(text) as Statement;
const rename = (name: string) =>
  raw(`update connectors set connector_name = '${name}' returning connector_name as name`);
const names = raw(
  "select connector_name as name, tenant_id::text as tenant, current_user::text as role from connectors",
);

describeOnDatabases("a lane of a tenant", (get) => {
  let mine: TestTenant;
  let theirs: TestTenant;

  beforeAll(async () => {
    mine = await createTestTenant(get().database);
    theirs = await createTestTenant(get().database);
    for (const tenant of [mine, theirs]) await connectorData().create(get().database, tenant);
  });

  it("does its transactions in order while they overlap, each of them whole or not at all", async () => {
    const lane = get().connection.openLane(mine.tenantId);
    const sent = [
      lane.send([rename("first"), names]),
      lane.send([rename("second"), raw("select 1 / 0"), names]),
      lane.send([names]),
      lane.send([rename("third"), names]),
    ];
    const [first, second, before, third] = await Promise.allSettled(sent);
    const seen = (name: string) => ({ name, tenant: mine.tenantId, role: "isthmus_app" });
    expect(first).toMatchObject({ value: [[{ name: "first" }], [seen("first")]] });
    expect(String(second?.status === "rejected" && second.reason)).toMatch(/division by zero/);
    expect(before).toMatchObject({ value: [[seen("first")]] });
    expect(third).toMatchObject({ value: [[{ name: "third" }], [seen("third")]] });
    // A session that went is replaced.
    expect(await lane.send([names])).toEqual([[seen("third")]]);
  });

  it("keeps tenants apart, and gives its session to others who wait, however busy it is", async () => {
    const served = new Set<number>();
    const lanes = Array.from({ length: 6 }, async (_, index) => {
      const { tenantId } = index % 2 === 0 ? mine : theirs;
      const lane = get().connection.openLane(tenantId);
      const send = async () => {
        // It takes longer than the next one needs to arrive.
        const [rows] = await lane.send([names, raw("select pg_sleep(0.02)::text")]);
        expect(rows).toEqual([expect.objectContaining({ tenant: tenantId })]);
        served.add(index);
      };
      // One of it is always under way until each of the others had its turn. There are four sessions.
      let before = send();
      do {
        const next = send();
        await before;
        before = next;
      } while (served.size < 6);
      await before;
    });
    await Promise.all(lanes);
  });

  it("takes no part in a unit of work, and no tenant's id that is none", async () => {
    const { connection, database } = get();
    const nested = database.asTenant(mine.tenantId, () => connection.openLane(mine.tenantId).send([names]));
    await expect(nested).rejects.toBeInstanceOf(NestedUnitOfWorkError);
    await expect((async () => connection.openLane("' or true").send([names]))()).rejects.toThrow(/UUID/);
  });
});
