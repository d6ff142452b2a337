import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { loadsConnector } from "../support/loads/loads-service.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey } from "../support/service.js";
import { type FeedService, feedConnector, startFeedService } from "./feed/feed-service.js";

describe("schedules", () => {
  const get = useServerDatabase();
  let bench: FeedService;
  const api = () => bench.tenant.api;

  beforeAll(async () => {
    bench = await startFeedService(get().database);
  });
  afterAll(() => bench?.close());

  it("are made with defaults, and show when they run next by the clock of their time zone", async () => {
    const { status, body, headers } = await bench.schedule("Thing", { paused: false, timeZone: "Asia/Tokyo" });
    expect([status, headers.get("etag"), headers.get("location")]).toEqual([201, '"1"', `/v1/schedules/${body.id}`]);
    expect(body).toMatchObject({
      mode: "incremental",
      overlap: "skip",
      catchUp: "once",
      jitterSeconds: 0,
      paused: false,
    });
    expect(body.nextRuns).toHaveLength(5);
    for (const next of body.nextRuns) expect(next).toMatch(/T18:00:00\.000Z$/);
    expect((await api().get(`/v1/schedules/${body.id}`)).body).toEqual(body);
    expect((await api().get(`/v1/connectors/${bench.connectorId}/schedules`)).body.data).toContainEqual(body);
  });

  it.each([
    [{ cron: "* * * *" }, "cron"],
    [{ cron: "61 * * * *" }, "cron"],
    [{ cron: "0 0 30 2 *" }, "cron"],
    [{ cron: "2030-01-01T00:00:00" }, "cron"],
    [{ timeZone: "Mars/Phobos" }, "timeZone"],
    [{ jitterSeconds: -1 }, "jitterSeconds"],
    [{ entity: "" }, "entity"],
  ])("are refused for %j", async (changes, path) => {
    const { status, body } = await bench.schedule("Thing", changes);
    expect([status, body.code, body.errors[0].path]).toEqual([400, "VALIDATION_FAILED", path]);
  });

  it("change at the version that the caller saw, and wait for nothing while they are paused", async () => {
    const { id } = (await bench.schedule("Thing", { paused: false })).body;
    const path = `/v1/schedules/${id}`;
    const paused = await api().patch(path, { paused: true }, { "if-match": '"1"' });
    expect(paused.body).toMatchObject({ paused: true, nextRuns: [], version: 2 });
    const times = () =>
      get().database.asTenant(bench.tenant.tenantId, async ({ syncSchedules }) => {
        const { tickAt, dueAt } = (await syncSchedules.findById(id)) ?? {};
        return { tickAt, dueAt };
      });
    expect(await times()).toEqual({ tickAt: null, dueAt: null });
    const stale = await api().patch(path, { cron: "@hourly" }, { "if-match": '"1"' });
    expect([stale.status, stale.body.code]).toEqual([412, "PRECONDITION_FAILED"]);
    expect((await api().patch(path, { cron: "@hourly" })).status).toBe(428);
    await api().patch(path, { cron: "@hourly", paused: false }, { "if-match": '"2"' });
    const { tickAt } = await times();
    expect(tickAt?.toISOString()).toMatch(/:00:00\.000Z$/);
    expect((await api().delete(path)).status).toBe(204);
    expect((await api().get(path)).status).toBe(404);
  });

  it("begin no later than their jitter, and always by the same", async () => {
    const { body } = await bench.schedule("Thing", { paused: false, jitterSeconds: 600 });
    const delay = () =>
      get().database.asTenant(bench.tenant.tenantId, async ({ syncSchedules }) => {
        const row = await syncSchedules.findById(body.id);
        return Number(row?.dueAt) - Number(row?.tickAt);
      });
    const first = await delay();
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThan(600_000);
    await api().patch(`/v1/schedules/${body.id}`, { cron: "0 4 * * *" }, { "if-match": '"1"' });
    expect(await delay()).toBe(first);
  });

  it("are refused for a connector whose records nobody can follow", async () => {
    const { id } = (await api().post("/v1/connectors", loadsConnector(bench.vendor))).body;
    const { status, body } = await api().post(`/v1/connectors/${id}/schedules`, { entity: "Row", cron: "@daily" });
    expect([status, body.code]).toEqual([422, "UNSUPPORTED"]);
  });

  it("are not made active for a connector that is switched off", async () => {
    const created = (await api().post("/v1/connectors", feedConnector(bench.vendor))).body;
    const path = `/v1/connectors/${created.id}/schedules`;
    await api().patch(`/v1/connectors/${created.id}`, { active: false }, { "if-match": '"1"' });
    const active = await api().post(path, { entity: "Thing", cron: "@daily" });
    expect([active.status, active.body.code]).toEqual([409, "CONNECTOR_INACTIVE"]);
    const paused = await api().post(path, { entity: "Thing", cron: "@daily", paused: true });
    expect(paused.status).toBe(201);
    const resumed = await api().patch(`/v1/schedules/${paused.body.id}`, { paused: false }, { "if-match": '"1"' });
    expect([resumed.status, resumed.body.code]).toEqual([409, "CONNECTOR_INACTIVE"]);
  });

  it("TEST-010 keep their connector from being deleted while they are active, whichever way that is asked for", async () => {
    const other = await startFeedService(get().database);
    try {
      const { id } = (await other.schedule("Invoice", { paused: false })).body;
      const { id: paused } = (await other.schedule("Customer")).body;
      const path = `/v1/connectors/${other.connectorId}`;
      const { tenantId } = other.tenant;
      const name = (await new ApiClient(other.service.url, platformKey).get("/v1/tenants?limit=200")).body.data.find(
        (each: { id: string }) => each.id === tenantId,
      ).name;
      const ways = [
        () => other.tenant.api.delete(path),
        () => other.tenant.api.post(`${path}/purge`),
        () => new ApiClient(other.service.url, platformKey).send("DELETE", `/v1/tenants/${tenantId}`, { name }, {}),
      ];
      for (const ask of ways) {
        const { status, body, text } = await ask();
        expect([status, body.code], text).toEqual([409, "SCHEDULES_ACTIVE"]);
        expect(body.detail).toContain(`Invoice (${id})`);
        expect(text).not.toContain(paused);
      }
      // Nothing was done.
      expect((await other.tenant.api.get(path)).body).toMatchObject({ active: true });
      await other.tenant.api.patch(`/v1/schedules/${id}`, { paused: true }, { "if-match": '"1"' });
      expect((await other.tenant.api.delete(path)).status).toBe(204);
    } finally {
      await other.close();
    }
  });

  it("is not made active for a connector that is being deleted (race)", async () => {
    const other = await startFeedService(get().database);
    try {
      const attempts = await Promise.all([
        other.schedule("A", { paused: false }),
        other.tenant.api.delete(`/v1/connectors/${other.connectorId}`),
        other.schedule("B", { paused: false }),
      ]);
      const [made, deleted, alsoMade] = attempts.map(({ status }) => status);
      if (deleted === 204) expect([made, alsoMade]).not.toContain(201);
      else expect([made, alsoMade]).toContain(201);
    } finally {
      await other.close();
    }
  });
});
