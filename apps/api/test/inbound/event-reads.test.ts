import { quickbooks } from "@isthmus/quickbooks";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { describeOnDatabases } from "../support/databases.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { addEndpoint, cloudEvents, connectedTo, deliver } from "./deliveries.js";

describeOnDatabases("reads that deliveries ask for", (get) => {
  let service: TestService;
  let tenant: TestTenantClient;
  let url: string;
  let realmId: string;
  let connectorId: string;
  let scheduleId: string;
  let deliveries = 0;

  beforeAll(async () => {
    service = await startTestService(get().database, { connectors: [quickbooks] });
    tenant = await service.createTenant();
    ({ url } = await addEndpoint(tenant));
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    realmId = newId();
    connectorId = await connectedTo(service, tenant, realmId);
    scheduleId = await schedule("Invoice");
  });

  /** Its connector has no credentials, and is never read. */
  const schedule = async (entity: string): Promise<string> => {
    const { tenantId, userId } = tenant;
    const what = { id: newId(), connectorId, entity, mode: "incremental", createdBy: userId } as const;
    const when = { cron: "0 3 * * *", timeZone: "UTC", overlap: "skip", catchUp: "once", jitterSeconds: 0 } as const;
    const times = { backfillFrom: null, pausedAt: null, tickAt: null, dueAt: null };
    await get().database.asTenant(tenantId, ({ syncSchedules }) =>
      syncSchedules.create({ ...what, ...when, ...times }),
    );
    return what.id;
  };
  const send = async (realmIds: readonly string[] = [realmId]) => {
    const events = realmIds.map((each) => ({ id: `event-${++deliveries}`, realmId: each }));
    expect(await deliver(url, cloudEvents(events), "verifier")).toMatchObject({ status: 200 });
  };
  const runs = async () => (await tenant.api.get(`/v1/sync-runs?connectorId=${connectorId}`)).body.data;
  const claim = () => get().database.asSystem(({ syncs }) => syncs.claimRuns(100, 60_000));
  /** The connector's runs, and nobody else's, however long the tests before took. */
  const makeDue = () =>
    get().queryPastGuards(
      `update sync_runs set next_attempt_at = now() + case when connector_id = $1::uuid then interval '-1 second' else '1 day' end`,
      connectorId,
    );

  it("are one, a few seconds later, however many come", async () => {
    await Promise.all([send(), send([realmId, realmId]), send()]);
    expect(await runs()).toMatchObject([{ trigger: "event", scheduleId, mode: "incremental", status: "queued" }]);
    expect((await claim()).length).toBe(0);
  });

  it("are another one for what comes after it has begun, and that one only", async () => {
    await send();
    await makeDue();
    expect((await claim()).length).toBe(1);
    await send();
    await send();
    expect((await runs()).map((run: { status: string }) => run.status)).toEqual(["queued", "running"]);
  });

  it("are none of an entity that no active schedule reads, nor of another connector's", async () => {
    await tenant.api.patch(`/v1/schedules/${scheduleId}`, { paused: true }, { "if-match": '"1"' });
    await send();
    expect(await runs()).toEqual([]);
    await schedule("Bill");
    await send();
    await schedule("Invoice");
    await send([newId()]);
    expect(await runs()).toEqual([]);
    await send();
    expect(await runs()).toHaveLength(1);
  });

  it("are gone with the delivery that is not stored", async () => {
    const failing = get().database.asTenant(tenant.tenantId, async ({ eventReads }) => {
      expect(await eventReads.request([{ connectorId, entity: "Invoice" }], 0)).toBe(1);
      throw new Error("not stored");
    });
    await expect(failing).rejects.toThrow("not stored");
    expect(await runs()).toEqual([]);
  });

  it("note the events that came before they began as handled, and no others", async () => {
    await send();
    const begunAt = new Date(Date.now() + 1_000);
    await get().queryPastGuards(
      "update inbound_events set received_at = $2::timestamptz where account_id = $1",
      realmId,
      new Date(begunAt.getTime() - 1).toISOString(),
    );
    await send();
    await get().queryPastGuards(
      "update inbound_events set received_at = $2::timestamptz where account_id = $1 and received_at <> $3::timestamptz",
      realmId,
      begunAt.toISOString(),
      new Date(begunAt.getTime() - 1).toISOString(),
    );
    const mark = (entity: string) =>
      get().database.asTenant(tenant.tenantId, ({ eventReads }) =>
        eventReads.markRead({ connectorId, entity }, begunAt),
      );
    const shown = async () => {
      const { data } = (await tenant.api.get(`/v1/connectors/${connectorId}/inbound-events`)).body;
      return data.map(({ handledAt }: { handledAt: string | null }) => handledAt !== null);
    };
    await mark("Bill");
    expect(await shown()).toEqual([false, false]);
    await mark("Invoice");
    expect(await shown()).toEqual([false, true]);
  });
});
