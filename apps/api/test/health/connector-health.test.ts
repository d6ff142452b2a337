import { afterEach, beforeEach, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { lookAtHealth } from "../../src/health/look-at-health.js";
import { describeOnDatabases } from "../support/databases.js";
import { type FeedService, startFeedService } from "../syncs/feed/feed-service.js";

describeOnDatabases("the health of a connector", (get) => {
  let bench: FeedService;
  let entity: string;
  let id: string;

  beforeEach(async () => {
    // Those of the tests before are not looked at any more.
    await get().queryPastGuards("update connectors set is_active = false");
    bench = await startFeedService(get().database);
    entity = `Thing${newId().slice(-6)}`;
    id = (await bench.schedule(entity, { paused: false })).body.id;
  });

  afterEach(() => bench?.close());

  const health = async () => (await bench.tenant.api.get(`/v1/connectors/${bench.connectorId}/health`)).body;
  const look = async () => {
    await bench.service.services.healthTally.flush();
    await get().queryPastGuards("update connector_health set due_at = now() - interval '1 second'");
    await lookAtHealth(bench.service.services);
    return health();
  };
  const told = async () => {
    const rows = await get().queryPastGuards(
      "select payload from outbox_events where type = 'connector.health_changed' and connector_id = $1::uuid order by id",
      bench.connectorId,
    );
    return rows.map(({ payload }) => payload as { from: string; to: string }).map(({ from, to }) => [from, to]);
  };
  const set = (status: "connected" | "reconnect_required") =>
    get().database.asTenant(bench.tenant.tenantId, ({ connectors }) =>
      connectors.recordConnection(bench.connectorId, { status }),
    );
  const emit = (code?: "TIMEOUT" | "NOT_FOUND" | "VALIDATION_FAILED" | "CANCELLED", times = 10) => {
    const connection = { type: "feed", tenantId: bench.tenant.tenantId, connectorId: bench.connectorId };
    for (let call = 0; call < times; call += 1)
      bench.service.services.events.emit("operation.completed", {
        connection,
        operation: "x",
        durationMs: 1,
        ...(code && { code }),
      });
  };

  it("is unknown until it is called, then what calls and syncs say", async () => {
    expect(await health()).toMatchObject({ state: "unknown", checkedAt: null, calls: { errorRate: null } });
    expect(await look()).toMatchObject({ state: "unknown", checkedAt: expect.any(String) });
    bench.vendor.put(entity, "a", { name: "a" });
    await bench.run(id);
    emit("NOT_FOUND", 3);
    emit("VALIDATION_FAILED", 3);
    emit("CANCELLED", 3);
    expect(await look()).toMatchObject({
      state: "healthy",
      reasons: [],
      calls: { succeeded: 4, failed: 0, errorRate: 0 },
      lastSuccessAt: expect.any(String),
      lastFailure: null,
      lateSeconds: 0,
      checkedAt: expect.any(String),
    });
    expect(await told()).toEqual([]);
  });

  it("is told by an event when it has stayed worse, and when it has stayed better: once each", async () => {
    emit();
    await look();
    emit("TIMEOUT");
    expect(await look()).toMatchObject({ state: "healthy", lastFailure: { code: "TIMEOUT" } });
    const failing = await look();
    expect(failing).toMatchObject({ state: "failing", reasons: [{ code: "CALLS_FAIL" }], calls: { errorRate: 0.5 } });
    expect(await look()).toMatchObject({ state: "failing", since: failing.since });
    await get().queryPastGuards("update connector_outcomes set minute = minute - interval '20 minutes'");
    for (let better = 1; better < 5; better += 1)
      expect(await look()).toMatchObject({ state: "failing", reasons: [{ code: "CALLS_FAIL" }] });
    // It is not connected, and was not called: what failed before has ended, and nothing is known.
    expect(await look()).toMatchObject({ state: "unknown", reasons: [] });
    await set("connected");
    expect(await health()).toMatchObject({ state: "unknown", reasons: [] });
    expect(await look()).toMatchObject({ state: "healthy", reasons: [] });
    expect(await told()).toEqual([
      ["healthy", "failing"],
      ["failing", "healthy"],
    ]);
    const events = await bench.tenant.api.get("/v1/audit-events?action=connector.health_changed");
    expect(events.body.data).toHaveLength(2);
  });

  it("takes no run for late whose schedule has jitter, but one that waits for long", async () => {
    const { body } = await bench.tenant.api.post(`/v1/schedules/${id}/run`, {});
    const set = (changes: string) =>
      get().queryPastGuards(`update sync_runs set ${changes} where id = $1::uuid returning 1 as one`, body.id);
    await set("tick_at = now() - interval '2 hours'");
    await bench.service.services.database.asTenant(bench.tenant.tenantId, ({ connectors }) =>
      connectors.recordConnection(bench.connectorId, { status: "connected" }),
    );
    expect(await look()).toMatchObject({ lateSeconds: 0, reasons: [] });
    await set("created_at = now() - interval '2 hours'");
    await look();
    expect(await look()).toMatchObject({ reasons: [{ code: "SYNC_LATE", state: "failing" }] });
  });

  it("sees schedules that are late and syncs that fail", async () => {
    await get().queryPastGuards(
      "update sync_schedules set due_at = now() - interval '10 minutes' where id = $1::uuid",
      id,
    );
    expect(await look()).toMatchObject({ state: "degraded", reasons: [{ code: "SYNC_LATE" }] });
    bench.vendor.put(entity, "a", { name: "a" });
    bench.vendor.failAfter(entity, 0, 404);
    await bench.run(id);
    const after = await look();
    expect(after.reasons.map(({ code }: { code: string }) => code)).toEqual(["SYNC_FAILED"]);
  });

  it("shows what the vendor says of its limits, and a lost grant at once", async () => {
    await look();
    const connection = { type: "feed", tenantId: bench.tenant.tenantId, connectorId: bench.connectorId };
    bench.service.services.events.emit("limit.observed", { connection, limit: "calls", used: 95, max: 100 });
    await look();
    expect(await look()).toMatchObject({
      state: "degraded",
      limits: [{ name: "calls", used: 95, max: 100 }],
      reasons: [{ code: "LIMIT_NEAR" }],
    });
    await set("reconnect_required");
    expect(await look()).toMatchObject({ state: "reconnect_required" });
    await set("connected");
    expect(await look()).toMatchObject({ state: "degraded" });
  });

  it("is looked at once, however many look", async () => {
    await look();
    const { services } = bench.service;
    expect(await lookAtHealth(services)).toBe(0);
    await get().queryPastGuards("update connector_health set due_at = now() - interval '1 second'");
    const looks = await Promise.all([1, 2, 3].map(() => lookAtHealth(services)));
    expect(looks.reduce((sum, each) => sum + each, 0)).toBe(1);
  });

  it("takes no counts for a connector that is not the tenant's", async () => {
    await set("connected");
    const tally = { connectorId: bench.connectorId, succeeded: 0, failed: 9, failureCode: "TIMEOUT", limits: {} };
    await get().database.asSystem(({ health }) => health.add([{ ...tally, tenantId: newId() }]));
    expect(await look()).toMatchObject({ state: "healthy", calls: { failed: 0 } });
  });
});
