import { describe, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import type { ReadRecord } from "../../src/repositories/index.js";
import { fillTenant, sharedAccountId, webhookData } from "../support/full-tenant.js";
import { useServerDatabase } from "../support/server-database.js";

const batches = 60;
const rows = 1_000;
const text = "x".repeat(400);

/** So many new records. */
function batchOf(from: number): readonly ReadRecord[] {
  return Array.from({ length: rows }, (_, index) => {
    const data = JSON.stringify({ Id: `r-${from + index}`, Name: `Record ${from + index}`, Description: text });
    return { externalId: `r-${from + index}`, data, modifiedAt: "2026-01-01T00:00:00.000Z" };
  });
}

describe("what listeners cost a first load", { timeout: 600_000 }, () => {
  const get = useServerDatabase();

  it("is nothing where there are none, and two rows a record where there is one", async () => {
    const { database } = get();
    const { tenantId, userId, connectorId } = await fillTenant(database);
    const runId = newId();
    await database.asTenant(tenantId, ({ syncRuns }) =>
      syncRuns.create({
        id: runId,
        connectorId,
        entity: "Soak",
        mode: "incremental",
        scheduleId: null,
        backfillFrom: null,
        isLong: false,
      }),
    );
    const claimed = await database.asSystem(({ syncs }) => syncs.claimRuns(10, 600_000));
    const attemptId = claimed.find((each) => each.runId === runId)?.attemptId ?? "";
    const target = { runId, attemptId, leaseMs: 600_000, connectorId, mode: "incremental" } as const;
    const store = async (entity: string, batch: number) => {
      const records = batchOf(batch * rows);
      const begunAt = performance.now();
      await database.asTenant(tenantId, ({ recordBatches }) =>
        recordBatches.storeBatch(
          { ...target, entity, keepsCursor: false, accountId: sharedAccountId },
          { records, cursor: { v: 1 }, failed: 0 },
        ),
      );
      return performance.now() - begunAt;
    };
    const listened = `Listened-${newId()}`;
    await database.asTenant(tenantId, ({ webhookEndpoints }) => {
      const webhook = { ...webhookData("soak"), eventTypes: ["record.*"], entities: [listened] };
      return webhookEndpoints.create({ ...webhook, secrets: {}, createdBy: userId });
    });
    const spent = { alone: 0, listened: 0 };
    // In turn, so that what else the machine does weighs on both.
    for (let batch = 0; batch < batches; batch += 1) {
      spent.alone += await store("Alone", batch);
      spent.listened += await store(listened, batch);
    }
    const rate = (ms: number) => Math.round((batches * rows * 1_000) / ms);
    process.stdout.write(
      `${batches * rows} records each: ${rate(spent.alone)} a second for nobody, ${rate(spent.listened)} for one webhook\n`,
    );
    const [{ pending } = { pending: 0 }] = [
      ...(
        await database.asTenant(tenantId, async ({ webhookEndpoints }) => {
          const { rows: all } = await webhookEndpoints.list({ limit: 10 });
          return webhookEndpoints.countOpen(all.map(({ id }) => id));
        })
      ).values(),
    ].filter((each) => each.pending > 0);
    expect(pending).toBe(batches * rows);
  });
});
