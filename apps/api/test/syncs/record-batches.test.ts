import { expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import type { ReadBatch, ReadRecord } from "../../src/repositories/index.js";
import { describeOnDatabases } from "../support/databases.js";
import { type FullTenant, fillTenant, sharedAccountId } from "../support/full-tenant.js";

const entity = "Batched";

describeOnDatabases("a batch of records", (get) => {
  const store = (
    { tenantId, connectorId, syncRunId, syncAttemptId }: FullTenant,
    records: readonly ReadRecord[],
    mode: "incremental" | "full" = "incremental",
  ) => {
    const held = { runId: syncRunId, attemptId: syncAttemptId, leaseMs: 60_000, accountId: sharedAccountId };
    const target = { ...held, connectorId, entity, mode, keepsCursor: mode === "full" };
    return get().database.asTenant(tenantId, ({ recordBatches }) =>
      recordBatches.storeBatch(target, { records, cursor: { v: 1 }, failed: 0 }),
    );
  };
  const read = ({ tenantId, connectorId }: FullTenant) =>
    get()
      .database.asTenant(tenantId, ({ records }) => records.list({ connectorId, entity, withDeleted: true }, 100))
      .then(({ rows }) => rows);
  const changed = (externalId: string, value: unknown, spaces?: number): ReadRecord => {
    const data = value === undefined ? null : JSON.stringify({ value }, undefined, spaces);
    return { externalId, data, modifiedAt: value === undefined ? null : "2026-01-01T00:00:00.000Z" };
  };

  it("keeps the last of several changes of a record, in the order in which the last ones came", async () => {
    const tenant = await fillTenant(get().database);
    const first = [changed("a", 1), changed("b", 1), changed("c", undefined), changed("a", 2), changed("d", 1)];
    expect(await store(tenant, first)).toEqual({ changed: 3, deleted: 1, unchanged: 0 });
    expect((await read(tenant)).map((row) => [row.externalId, row.version, row.deleted, row.data])).toEqual([
      ["b", "1", false, { value: 1 }],
      ["c", "2", true, null],
      ["a", "3", false, { value: 2 }],
      ["d", "4", false, { value: 1 }],
    ]);
    const second = [
      changed("a", 2),
      changed("b", 3),
      changed("c", undefined),
      changed("d", undefined),
      changed("e", 1),
    ];
    expect(await store(tenant, second)).toEqual({ changed: 2, deleted: 1, unchanged: 2 });
    expect((await read(tenant)).map((row) => [row.externalId, row.version, row.deleted, row.data])).toEqual([
      ["c", "2", true, null],
      ["a", "3", false, { value: 2 }],
      ["b", "5", false, { value: 3 }],
      // What it was last stays.
      ["d", "6", true, { value: 1 }],
      ["e", "7", false, { value: 1 }],
    ]);
    // It lives again, as it was: that is a change.
    expect(await store(tenant, [changed("d", 1)])).toEqual({ changed: 1, deleted: 0, unchanged: 0 });
  });

  it("gives each record its own data, whatever characters stand in them and in their ids", async () => {
    const tenant = await fillTenant(get().database);
    const texts = ['"', "\\", "\n", "\\n", "{a,b}", "null", "NULL", " ", "'", "ü🚚", "a\r\nb\tc", "\u2028"];
    const records = texts.map((text, place) => changed(text, text, place % 2 === 0 ? 2 : undefined));
    expect(await store(tenant, records)).toEqual({ changed: texts.length, deleted: 0, unchanged: 0 });
    expect((await read(tenant)).map((row) => [row.externalId, row.data])).toEqual(
      texts.map((text) => [text, { value: text }]),
    );
    expect(await store(tenant, records)).toEqual({ changed: 0, deleted: 0, unchanged: texts.length });
  });

  const openLane = async (tenant: FullTenant, changes: { attemptId?: string; accountId?: string } = {}) => {
    const { tenantId, connectorId, syncRunId: runId, syncAttemptId: attemptId } = tenant;
    const held = { runId, attemptId, leaseMs: 60_000, accountId: sharedAccountId, ...changes };
    const target = { ...held, connectorId, entity, mode: "incremental", keepsCursor: false } as const;
    const run = await get().database.asTenant(tenantId, async ({ recordBatches, syncRuns }) => {
      await recordBatches.openState(connectorId, entity);
      return syncRuns.findById(runId);
    });
    return get().database.openBatches(tenantId, target, run?.read ?? -1);
  };
  const batchOf = (place: number, ...records: readonly ReadRecord[]): ReadBatch => ({
    records,
    cursor: { v: 1, place },
    failed: 0,
  });
  const stateOf = ({ tenantId, connectorId }: FullTenant) =>
    get().database.asTenant(tenantId, ({ recordBatches }) => recordBatches.findState(connectorId, entity));

  it("may be sent while the one before is stored, and counts on what that one wrote", async () => {
    const tenant = await fillTenant(get().database);
    let told = 0;
    get().database.whenDue("deliveries", () => {
      told += 1;
    });
    const lane = await openLane(tenant);
    const refused = { ...batchOf(3, changed("c", 1)), failed: 2, refusal: "2 were left out" };
    const sent = [
      batchOf(1, changed("a", 1), changed("b", 1)),
      batchOf(2, changed("a", 2), changed("b", 1)),
      refused,
      batchOf(4),
      batchOf(5, changed("c", 1)),
    ].map((batch) => lane.store(batch));
    expect(await Promise.all(sent)).toEqual([
      { changed: 2, deleted: 0, unchanged: 0 },
      { changed: 1, deleted: 0, unchanged: 1 },
      { changed: 1, deleted: 0, unchanged: 0 },
      { changed: 0, deleted: 0, unchanged: 0 },
      { changed: 0, deleted: 0, unchanged: 1 },
    ]);
    expect((await read(tenant)).map((row) => [row.externalId, row.version])).toEqual([
      ["b", "2"],
      ["a", "3"],
      ["c", "4"],
    ]);
    expect(await stateOf(tenant)).toMatchObject({ cursor: { v: 1, place: 5 } });
    expect(told).toBe(3);
    const { rows } = await get().database.asTenant(tenant.tenantId, ({ syncRunLines }) =>
      syncRunLines.list(tenant.syncRunId, { limit: 10 }),
    );
    expect(rows.at(-1)).toMatchObject({ event: "records_refused", detail: "2 were left out" });
  });

  it("is not stored where the one before was not: no cursor gets past records that are not there", async () => {
    const tenant = await fillTenant(get().database);
    const lane = await openLane(tenant);
    const broken: ReadRecord = { externalId: "b", data: "no JSON", modifiedAt: null };
    const sent = [batchOf(1, changed("a", 1)), batchOf(2, broken), batchOf(3, changed("c", 1))];
    const [first, second, third] = await Promise.allSettled(sent.map((batch) => lane.store(batch)));
    expect([first?.status, second?.status]).toEqual(["fulfilled", "rejected"]);
    expect(third).toEqual({ status: "fulfilled", value: undefined });
    expect((await read(tenant)).map((row) => row.externalId)).toEqual(["a"]);
    expect(await stateOf(tenant)).toMatchObject({ cursor: { v: 1, place: 1 } });
  });

  it("is not stored by a lane that has lost the run, or whose connector has another account", async () => {
    const tenant = await fillTenant(get().database);
    for (const changes of [{ attemptId: newId() }, { accountId: "another" }]) {
      const lane = await openLane(tenant, changes);
      expect(await lane.store(batchOf(1, changed("a", 1)))).toBeUndefined();
    }
    expect(await read(tenant)).toEqual([]);
    expect((await stateOf(tenant)).cursor).toBeUndefined();
  });

  it("is swept of what a full run has not seen in steps, as if it was one", async () => {
    const tenant = await fillTenant(get().database);
    const { tenantId, connectorId, syncRunId: runId, syncAttemptId: attemptId } = tenant;
    await store(
      tenant,
      ["a", "b", "c", "d", "e"].map((id) => changed(id, 1)),
    );
    await store(tenant, [changed("e", undefined)]);
    await store(tenant, [changed("b", 1), changed("d", 2)], "full");
    const target = { runId, attemptId, connectorId, entity };
    const sweep = (after: string, of = target) =>
      get().database.asTenant(tenantId, ({ recordBatches }) => recordBatches.sweep(of, after, 2));
    expect(await sweep("0", { ...target, attemptId: runId })).toEqual({ gone: 0, next: null });
    // a and b; c and e, which is gone already; d, and a as it is now; c as it is now; nothing.
    const steps: unknown[] = [];
    for (let after: string | null = "0"; after !== null; ) {
      const step = await sweep(after);
      steps.push([step.gone, step.next]);
      after = step.next;
    }
    expect(steps).toEqual([
      [1, "2"],
      [1, "6"],
      [0, "8"],
      [0, "9"],
      [0, null],
    ]);
    expect((await read(tenant)).map(({ externalId, version, deleted }) => [externalId, version, deleted])).toEqual([
      ["b", "2", false],
      ["e", "6", true],
      ["d", "7", false],
      ["a", "8", true],
      ["c", "9", true],
    ]);
  });
});
