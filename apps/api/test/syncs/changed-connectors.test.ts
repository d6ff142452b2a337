import { afterAll, beforeAll, expect, it } from "vitest";
import { describeOnDatabases } from "../support/databases.js";
import { type FeedService, startFeedService } from "./feed/feed-service.js";

describeOnDatabases("syncs of a connector that is changed", (get) => {
  let bench: FeedService;

  beforeAll(async () => {
    bench = await startFeedService(get().database);
  });
  afterAll(() => bench?.close());

  const path = () => `/v1/connectors/${bench.connectorId}`;
  const change = async (changes: object) => {
    const { headers } = await bench.tenant.api.get(path());
    const etag = headers.get("etag") ?? "";
    expect((await bench.tenant.api.patch(path(), changes, { "if-match": etag })).status).toBe(200);
  };
  const names = async () => (await bench.records("Thing")).map(({ data }) => data.name).sort();
  const tests = async () =>
    (await bench.tenant.api.get("/v1/audit-events?action=connector.tested")).body.data.map(
      ({ outcome }: { outcome: string }) => outcome,
    );

  it("ask whose account it is then, and read nothing while nobody says", async () => {
    for (const name of ["both", "theirs"]) bench.vendor.put("Thing", name, { name });
    const { body: schedule } = await bench.schedule("Thing");
    expect(await bench.run(schedule.id)).toMatchObject({ status: "succeeded" });
    bench.vendor.forget("Thing", "theirs");
    bench.vendor.put("Thing", "new", { name: "new" });

    await change({ credentials: { key: "nobody" } });
    const waiting = await bench.run(schedule.id);
    expect(waiting).toMatchObject({ status: "queued", error: { code: "AUTHENTICATION_FAILED" } });
    expect(await names()).toEqual(["both", "theirs"]);

    await change({ credentials: { key: "other" } });
    await get().queryPastGuards("update sync_runs set next_attempt_at = now() - interval '1 second'");
    // To find out, and to read everything anew.
    await bench.work();
    await bench.work();
    expect((await bench.tenant.api.get(`/v1/sync-runs/${waiting.id}`)).body).toMatchObject({ status: "succeeded" });
    expect(await names()).toEqual(["both", "new"]);
    expect((await bench.tenant.api.get(path())).body.account).toMatchObject({ id: "other" });
    // Of the one that said nothing, the run's own log tells.
    expect(await tests()).toEqual(["success", "success"]);
  });

  it("do not ask again while it stays as it is, and go on where it is the same account's", async () => {
    const { body: schedule } = await bench.schedule("Thing");
    const before = await tests();
    await bench.run(schedule.id);
    expect(await tests()).toEqual(before);
    await change({ name: "Another name" });
    bench.vendor.put("Thing", "newer", { name: "newer" });
    expect(await bench.run(schedule.id)).toMatchObject({
      status: "succeeded",
      mode: "incremental",
      progress: { read: 1 },
    });
    expect(await tests()).toEqual(["success", ...before]);
  });
});
