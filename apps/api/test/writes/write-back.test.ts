import { beforeEach, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { describeLongWork } from "../support/databases.js";
import type { FeedService } from "../syncs/feed/feed-service.js";
import type { WriteBench } from "./write-bench.js";
import { useWriteService } from "./write-service.js";

describeLongWork("writing records back", (get) => {
  const getService = useWriteService(get);
  let feed: FeedService;
  let bench: WriteBench;
  let entity: string;
  beforeEach(() => {
    ({ feed, bench, entity } = getService());
  });

  const put = (id: string, v: number, name = `${id}${v}`) => feed.vendor.put(entity, id, { name, v });
  const sync = async () => feed.run((await feed.schedule(entity)).body.id);
  const atVendor = (id: string) => feed.vendor.records(entity).get(id);
  const record = { name: "mine" };
  const versionOf = async (id: string) => (await feed.records(entity)).find((each) => each.id === id).version;

  it("compares with what a sync has read, where the caller does not say what they saw", async () => {
    for (const id of ["a", "b"]) put(id, 1);
    await sync();
    put("b", 2);
    put("c", 1);
    const writes = ["a", "b", "c"].map((id) => ({ id, record }));
    expect(await bench.write(entity, writes)).toEqual(["updated", "conflict", "failed VALIDATION_FAILED"]);
    expect(await bench.write(entity, [{ id: "b", record }], "theirs")).toEqual(["kept"]);
    expect(["a", "b", "c"].map((id) => atVendor(id)?.name)).toEqual(["mine", "b2", "c1"]);
    expect(await bench.write(entity, writes, "ours")).toEqual(["updated", "updated", "updated"]);
    // The copy here is the sync's alone: it brings what was written.
    expect((await feed.records(entity)).map(({ data }) => data.name)).toEqual(["a1", "b1"]);
    await sync();
    expect((await feed.records(entity)).map(({ data }) => data.name)).toEqual(["mine", "mine", "mine"]);
  });

  it("compares with the version of ours that the caller saw, and with the vendor's", async () => {
    for (const id of ["a", "b"]) put(id, 1);
    await sync();
    const seen = await versionOf("a");
    put("a", 2);
    await sync();
    expect(await bench.write(entity, [{ id: "a", record, version: seen }])).toEqual(["conflict"]);
    expect(await bench.write(entity, [{ id: "a", record, version: seen }], "theirs")).toEqual(["kept"]);
    expect(feed.vendor.writes).toEqual([]);
    expect(await bench.write(entity, [{ id: "a", record, version: await versionOf("a") }])).toEqual(["updated"]);
    expect(await bench.write(entity, [{ id: "b", record, base: "7" }])).toEqual(["conflict"]);
    expect(await bench.write(entity, [{ id: "b", deleted: true, base: "1" }])).toEqual(["deleted"]);
    expect(atVendor("b")).toBeUndefined();
  });

  it("tells each record's outcome in order, page by page, by outcome, and as NDJSON", async () => {
    feed.vendor.beforeWrite = ({ record: sent }) => (sent?.name === "bad" ? 400 : undefined);
    const writes = ["x", "bad", "x", "x", "bad"].map((name) => ({ record: { name } }));
    const { body: run } = await bench.post(entity, writes);
    const path = `/v1/operation-runs/${run.id}/records`;
    expect((await feed.tenant.api.get(path)).body.data[4]).toEqual({ index: 4, outcome: null, id: null, error: null });
    expect(await bench.finish(run.id)).toMatchObject({
      progress: { processed: 5, failed: 2, total: 5 },
      output: { created: 3, failed: 2 },
    });
    const first = (await feed.tenant.api.get(`${path}?limit=3`)).body;
    expect(first.data.map((each: { outcome: string }) => each.outcome)).toEqual(["created", "failed", "created"]);
    const second = (await feed.tenant.api.get(`${path}?limit=3&cursor=${first.nextCursor}`)).body;
    expect(second).toMatchObject({
      data: [{ index: 3 }, { index: 4, error: { code: "VENDOR_REJECTED" } }],
      nextCursor: null,
    });
    const failed = (await feed.tenant.api.get(`${path}?outcome=failed`)).body.data;
    expect(failed.map((each: { index: number }) => each.index)).toEqual([1, 4]);
    const lines = await feed.tenant.api.get(path, { accept: "application/x-ndjson" });
    expect(lines.text.trim().split("\n")).toHaveLength(5);
    const kept = await get().queryPastGuards(
      "select 1 from record_writes where run_id = $1::uuid and write is not null",
      run.id,
    );
    expect(kept).toEqual([]);
  });

  it("waits while the vendor is away, without counting that against a record, and gives one up that never goes", async () => {
    let away = 21;
    feed.vendor.beforeWrite = ({ record: sent }) => (away-- > 0 || sent?.name === "never" ? 503 : undefined);
    const writes = ["x", "never", "x"].map((name) => ({ record: { name } }));
    expect(await bench.write(entity, writes)).toEqual(["created", "failed VENDOR_UNAVAILABLE", "created"]);
    // Away for seven rounds of three; then twelve tries of the one.
    expect(feed.vendor.writes.length).toBe(21 + 3 + 11);
    expect(feed.vendor.records(entity).size).toBe(2);
  });

  it("sends nothing more once it is cancelled, and says what it had not sent", async () => {
    const asked = Promise.withResolvers<void>();
    const free = Promise.withResolvers<void>();
    feed.vendor.beforeWrite = async () => {
      asked.resolve();
      await free.promise;
      return undefined;
    };
    const { body: run } = await bench.post(
      entity,
      Array.from({ length: 7 }, () => ({ record })),
    );
    const working = bench.work();
    await asked.promise;
    expect((await feed.tenant.api.post(`/v1/operation-runs/${run.id}/cancel`)).body.status).toBe("cancelling");
    free.resolve();
    await working;
    expect(await bench.finish(run.id)).toMatchObject({ status: "cancelled", progress: { processed: 3, total: 7 } });
    const outcomes = (await bench.outcomes(run.id)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual([...Array(3).fill("created"), ...Array(4).fill("not_sent")]);
    expect(feed.vendor.writes).toHaveLength(3);
  });

  it("sends what was on its way again with its key when its worker died, before anything else, and nothing that is decided", async () => {
    const { body: run } = await bench.post(
      entity,
      Array.from({ length: 5 }, () => ({ record })),
    );
    const keys = Array.from({ length: 5 }, (_, index) => `${run.id}/${index}`);
    const decided =
      "update record_writes set outcome = 'created', write = null where run_id = $1::uuid and position = 0";
    await get().queryPastGuards(decided, run.id);
    await get().queryPastGuards(
      "update record_writes set reached = true where run_id = $1::uuid and position in (2, 3)",
      run.id,
    );
    await bench.finish(run.id);
    expect(feed.vendor.writes.slice(0, 2).sort()).toEqual([keys[2], keys[3]]);
    expect(feed.vendor.writes.slice(2).sort()).toEqual([keys[1], keys[4]]);
  });

  it("stores nothing of a batch whose run was taken over meanwhile", async () => {
    const { body: run } = await bench.post(entity, [{ record }]);
    feed.vendor.beforeWrite = async () => {
      const sql = "update operation_runs set attempt_id = gen_random_uuid() where id = $1::uuid";
      await get().queryPastGuards(sql, run.id);
      return undefined;
    };
    await bench.work();
    expect(await bench.outcomes(run.id)).toMatchObject([{ outcome: null }]);
    feed.vendor.beforeWrite = () => undefined;
    await get().queryPastGuards("update operation_runs set lease_until = now() where id = $1::uuid", run.id);
    await bench.finish(run.id);
    expect(await bench.outcomes(run.id)).toMatchObject([{ outcome: "created" }]);
    expect(feed.vendor.records(entity).size).toBe(1);
  });

  it("is begun once for a key, and refuses what contradicts itself", async () => {
    const headers = { "idempotency-key": newId() };
    const first = await bench.post(entity, [{ record }], "ours", headers);
    const again = await bench.post(entity, [{ record }], "ours", headers);
    expect(first.headers.get("location")).toBe(`/v1/operation-runs/${first.body.id}`);
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    await bench.finish(first.body.id);
    expect(feed.vendor.records(entity).size).toBe(1);
    const refused = [
      [{ id: "a", externalId: { field: "f", value: "v" }, record }, "externalId"],
      [{ id: "a", deleted: true, record }, "record"],
      [{ id: "a" }, "record"],
      [{ deleted: true }, "id"],
      [{ id: "a", record, base: "1", version: "1" }, "version"],
      [{ externalId: { field: "f", value: "v" }, record, version: "1" }, "version"],
      [{ record, base: "1" }, "base"],
    ] as const;
    const { status, body } = await bench.post(
      entity,
      refused.map(([each], index) => ("id" in each ? { ...each, id: `a${index}` } : each)),
    );
    expect(status).toBe(400);
    expect(body.errors.map(({ path }: { path: string }) => path)).toEqual(
      refused.map(([, field], index) => `records.${index}.${field}`),
    );
    expect(
      (
        await bench.post(entity, [
          { id: "a", record },
          { id: "a", record },
        ])
      ).body.errors,
    ).toMatchObject([{ path: "records.1.id" }]);
  });

  it("keeps the connector in place until it has ended", async () => {
    const { body: run } = await bench.post(entity, [{ record }]);
    const path = `/v1/connectors/${feed.connectorId}`;
    const { version } = (await feed.tenant.api.get(path)).body;
    const answer = await feed.tenant.api.delete(path, { "if-match": `"${version}"` });
    expect([answer.status, answer.body.code]).toEqual([409, "OPERATION_RUN_UNFINISHED"]);
    expect(answer.text).toContain(run.id);
    await bench.finish(run.id);
  });

  it("is another tenant's to read and to end as little as any other run", async () => {
    const { body: run } = await bench.post(entity, [{ record }]);
    const { api } = await feed.service.createTenant();
    expect((await api.get(`/v1/operation-runs/${run.id}/records`)).status).toBe(404);
    const body = { entity, records: [{ record }] };
    expect((await api.post(`/v1/connectors/${feed.connectorId}/records`, body)).status).toBe(404);
    await bench.finish(run.id);
  });
});
