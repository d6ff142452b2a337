import { expect, it } from "vitest";
import type { ReadRecord } from "../../src/repositories/index.js";
import { describeOnDatabases } from "../support/databases.js";
import { type FullTenant, fillTenant, sharedAccountId } from "../support/full-tenant.js";

const entity = "Batched";

describeOnDatabases("a batch of records", (get) => {
  const store = ({ tenantId, connectorId, syncRunId, syncAttemptId }: FullTenant, records: readonly ReadRecord[]) => {
    const held = { runId: syncRunId, attemptId: syncAttemptId, leaseMs: 60_000, accountId: sharedAccountId };
    const target = { ...held, connectorId, entity, mode: "incremental", keepsCursor: false } as const;
    return get().database.asTenant(tenantId, ({ recordBatches }) =>
      recordBatches.storeBatch(target, { records, cursor: { v: 1 }, failed: 0 }),
    );
  };
  const read = ({ tenantId, connectorId }: FullTenant) =>
    get().database.asTenant(tenantId, ({ records }) => records.list({ connectorId, entity, withDeleted: true }, 100));
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
});
