import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChangeRequestWorker } from "../../src/workers/change-request-worker.js";
import { approve, createPeople, createProduction, letTimePass, type People } from "../approval/people.js";
import { useServerDatabase } from "../support/server-database.js";
import { type FeedService, feedConnector, startFeedService } from "./feed/feed-service.js";

describe("schedules of a production connector", () => {
  const get = useServerDatabase();
  let bench: FeedService;
  let people: People;
  let path: string;

  beforeAll(async () => {
    bench = await startFeedService(get().database);
    people = await createPeople(bench.service);
    path = `/v1/connectors/${await createProduction(people, { ...feedConnector(bench.vendor) })}/schedules`;
  });
  afterAll(() => bench?.close());

  const list = async () => (await people.editor.api.get(path)).body.data;
  const make = async (changes: object = {}): Promise<string> => {
    const { status, body } = await people.editor.api.post(path, { entity: "Thing", cron: "0 3 * * *", ...changes });
    expect(status).toBe(202);
    expect((await approve(people.approver, body.id)).status).toBe(200);
    return body.target.id;
  };

  it("are there once somebody else has approved them, exactly as they were asked for", async () => {
    const { status, body } = await people.editor.api.post(path, { entity: "Thing", cron: "@hourly" });
    expect(status).toBe(202);
    expect(body).toMatchObject({ kind: "schedule.create", target: { type: "schedule", version: null } });
    expect(body.diff).toContainEqual({ path: "cron", change: "added", after: "@hourly" });
    expect(await list()).toEqual([]);
    expect((await approve(people.approver, body.id)).status).toBe(200);
    expect(await list()).toMatchObject([
      { id: body.target.id, entity: "Thing", cron: "@hourly", createdBy: people.editor.userId },
    ]);
  });

  it("are changed, paused and removed by approval only", async () => {
    const id = await make();
    const asked = [
      await people.editor.api.patch(`/v1/schedules/${id}`, { cron: "@daily", paused: true }, { "if-match": '"1"' }),
      await people.editor.api.delete(`/v1/schedules/${id}`),
    ];
    expect(asked.map(({ status }) => status)).toEqual([202, 202]);
    expect((await people.editor.api.get(`/v1/schedules/${id}`)).body).toMatchObject({ cron: "0 3 * * *", version: 1 });
    const [change, removal] = asked.map(({ body }) => body.id);
    expect((await approve(people.approver, change)).status).toBe(200);
    expect((await people.editor.api.get(`/v1/schedules/${id}`)).body).toMatchObject({ cron: "@daily", paused: true });
    // It was asked for at a version that is gone.
    expect(await approve(people.approver, removal)).toMatchObject({
      status: 409,
      body: { code: "CHANGE_REQUEST_STALE" },
    });
    const again = await people.editor.api.delete(`/v1/schedules/${id}`);
    expect((await approve(people.approver, again.body.id)).status).toBe(200);
    expect((await people.editor.api.get(`/v1/schedules/${id}`)).status).toBe(404);
  });

  it("keep their connector: its deletion is refused when it is asked for, and when it is approved", async () => {
    const id = await make();
    const connector = path.replace("/schedules", "");
    const refusal = { status: 409, body: { code: "SCHEDULES_ACTIVE", detail: expect.stringContaining(id) } };
    expect(await people.editor.api.delete(connector)).toMatchObject(refusal);
    expect(await people.editor.api.post(`${connector}/purge`)).toMatchObject(refusal);
    for (const each of await list()) {
      const pause = await people.editor.api.patch(
        `/v1/schedules/${each.id}`,
        { paused: true },
        { "if-match": `"${each.version}"` },
      );
      if (!each.paused) await approve(people.approver, pause.body.id);
    }
    const asked = [await people.editor.api.delete(connector), await people.editor.api.post(`${connector}/purge`)];
    expect(asked.map(({ status }) => status)).toEqual([202, 202]);
    await make();
    for (const { body } of asked) expect((await approve(people.approver, body.id)).body.code).toBe("SCHEDULES_ACTIVE");
    expect((await people.editor.api.get(connector)).status).toBe(200);
  });

  it("are stopped at once in an emergency, and go on where nobody confirms it", async () => {
    const id = await make();
    const paused = await people.admin.api.patch(
      `/v1/schedules/${id}`,
      { paused: true },
      { "if-match": '"1"', "isthmus-emergency": "It floods the ledger." },
    );
    expect(paused).toMatchObject({ status: 200, body: { paused: true, version: 2 } });
    const request = paused.headers.get("isthmus-change-request")?.split("/").at(-1) ?? "";
    await letTimePass(get(), request);
    await new ChangeRequestWorker(bench.service.services).workOff();
    expect((await people.editor.api.get(`/v1/schedules/${id}`)).body).toMatchObject({ paused: false, version: 3 });
  });
});
