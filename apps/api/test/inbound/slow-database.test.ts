import { quickbooks } from "@isthmus/quickbooks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeOnDatabases } from "../support/databases.js";
import { startTestService, type TestService } from "../support/service.js";
import { addEndpoint, cloudEvents, connectedTo, deliver } from "./deliveries.js";

describeOnDatabases("a database that does not answer in time", (get) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService(get().database, { connectors: [quickbooks] });
  });
  afterAll(() => service?.close());

  /** Keeps everybody from storing events. @returns what ends it. */
  async function block(tenantId: string): Promise<() => Promise<unknown>> {
    const { database, kind, queryPastGuards } = get();
    if (kind === "server") {
      await queryPastGuards("begin");
      await queryPastGuards("lock table inbound_events in access exclusive mode");
      return () => queryPastGuards("commit");
    }
    // The embedded database has one session: a transaction that stays open holds everybody up.
    const { promise, resolve } = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const holding = database.asTenant(tenantId, () => {
      begun.resolve();
      return promise;
    });
    await begun.promise;
    return () => {
      resolve();
      return holding;
    };
  }

  it("makes a delivery a 503 within three seconds, and the vendor's next try is stored once", async () => {
    const tenant = await service.createTenant();
    const connectorId = await connectedTo(service, tenant, "1001");
    const { url } = await addEndpoint(tenant);
    const body = cloudEvents([{ id: "e-1", realmId: "1001" }]);
    const release = await block(tenant.tenantId);
    const answers = await Promise.all([1, 2, 3].map(() => deliver(url, body, "verifier")));
    await release();
    for (const { status, text, tookMs } of answers) {
      expect([status, JSON.parse(text)]).toEqual([
        503,
        expect.objectContaining({ code: "DELIVERY_NOT_STORED", retryable: true }),
      ]);
      expect(tookMs).toBeLessThan(3_000);
    }
    expect((await deliver(url, body, "verifier")).status).toBe(200);
    const { data } = (await tenant.api.get(`/v1/connectors/${connectorId}/inbound-events`)).body;
    expect(data.map(({ eventId }: { eventId: string }) => eventId)).toEqual(["e-1"]);
  });
});
