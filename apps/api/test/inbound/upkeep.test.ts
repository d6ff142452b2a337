import { quickbooks } from "@isthmus/quickbooks";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createInboundPruner } from "../../src/workers/create-pruners.js";
import { ApiClient } from "../support/api-client.js";
import { describeLongWork } from "../support/databases.js";
import { removeEverything } from "../support/remove-everything.js";
import { platformKey, startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { addEndpoint, cloudEvents, connectedTo, deliver } from "./deliveries.js";

const tables = ["inbound_endpoints", "inbound_deliveries", "inbound_events", "inbound_event_targets", "outbox_events"];

describeLongWork("what was delivered", (get) => {
  let service: TestService;
  let platform: ApiClient;
  let tenant: TestTenantClient;
  let connectorId: string;
  let url: string;

  beforeAll(async () => {
    service = await startTestService(get().database, { connectors: [quickbooks], batchSize: 2 });
    platform = new ApiClient(service.url, platformKey);
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    await removeEverything(get());
    tenant = await service.createTenant();
    connectorId = await connectedTo(service, tenant, "1001");
    ({ url } = await addEndpoint(tenant));
    for (const id of ["a", "b", "c"]) expect((await send(id)).status).toBe(200);
  });

  const send = (id: string) => deliver(url, cloudEvents([{ id, realmId: "1001" }]), "verifier");
  const shown = async () =>
    (await tenant.api.get(`/v1/connectors/${connectorId}/inbound-events`)).body.data.map(
      ({ eventId, handledAt }: { eventId: string; handledAt: string | null }) => [eventId, handledAt !== null],
    );
  const counts = async () => {
    const found: number[] = [];
    for (const table of tables) found.push((await get().queryPastGuards(`select 1 from ${table}`)).length);
    return found;
  };

  it("goes under the new data key when keys rotate, and is taken as before", async () => {
    const sealedBy = () =>
      get().queryPastGuards(
        `select secrets_key_id::text as key from inbound_endpoints
         union select body_key_id::text from inbound_deliveries`,
      );
    const [old, ...others] = await sealedBy();
    expect(others).toEqual([]);
    const { id } = (await platform.post("/v1/keys/rotate", { dataKeys: true })).body;
    expect(await service.keyRotations.runOnce()).toBe(true);
    expect((await platform.get(`/v1/keys/rotations/${id}`)).body).toMatchObject({
      status: "completed",
      // The secrets of the endpoint and three deliveries: the connector has no credentials.
      progress: { values: { done: 4, failed: 0, total: 4 } },
    });
    const [now, ...more] = await sealedBy();
    expect([now?.key === old?.key, more]).toEqual([false, []]);
    expect((await send("d")).status).toBe(200);
    expect((await send("a")).status).toBe(200);
    expect(await shown()).toHaveLength(4);
    const [delivery] = await get().queryPastGuards("select id::text as id, body from inbound_deliveries order by id");
    const { tenantId } = tenant;
    const place = { tenantId, table: "inbound_deliveries", recordId: String(delivery?.id), field: "body" };
    expect(await service.services.vault.open(delivery?.body, place)).toMatchObject({ mediaType: "application/json" });
  });

  it("goes with its tenant, and nothing is taken for it any more", async () => {
    const { body } = await platform.get("/v1/tenants");
    expect(await counts()).toEqual([1, 3, 3, 3, 3]);
    const deleted = await platform.send("DELETE", `/v1/tenants/${tenant.tenantId}`, { name: body.data[0].name }, {});
    expect(deleted.status).toBe(200);
    expect(await counts()).toEqual([0, 0, 0, 0, 0]);
    expect((await send("d")).status).toBe(403);
  });

  it("goes once it has been kept long enough, with its events, and nothing else does: what was told of them may not have arrived yet", async () => {
    const age = (table: string, column: string, where = "true") =>
      get().queryPastGuards(`update ${table} set ${column} = now() - interval '31 days' where ${where} returning 1`);
    const old = "id in (select delivery_id from inbound_events where event_id <> 'c')";
    expect(await age("inbound_deliveries", "received_at", old)).toHaveLength(2);
    await age("outbox_events", "created_at", "payload ->> 'eventId' is distinct from 'c'");
    const pruner = createInboundPruner(service.services, 1);
    expect(await pruner.prune()).toBe(2);
    expect(await pruner.prune()).toBe(0);
    expect(await shown()).toEqual([["c", false]]);
    expect(await counts()).toEqual([1, 1, 1, 1, 3]);
  });

  it("pages from the newest to the oldest", async () => {
    const address = `/v1/connectors/${connectorId}/inbound-events?limit=2`;
    const first = (await tenant.api.get(address)).body;
    const second = (await tenant.api.get(`${address}&cursor=${first.nextCursor}`)).body;
    const ids = [...first.data, ...second.data].map(({ eventId }: { eventId: string }) => eventId);
    expect([ids, second.nextCursor]).toEqual([["c", "b", "a"], null]);
  });
});
