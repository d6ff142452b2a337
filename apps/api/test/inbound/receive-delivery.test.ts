import { AuthenticationError, defineConnector, systemClock } from "@isthmus/core";
import { quickbooks } from "@isthmus/quickbooks";
import { salesforce } from "@isthmus/salesforce";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { receiveDelivery } from "../../src/actions/receive-delivery.js";
import { newId } from "../../src/database/index.js";
import { DeliveryDesk } from "../../src/inbound/delivery-desk.js";
import { RefusedDeliveries } from "../../src/inbound/refused-deliveries.js";
import { describeLongWork } from "../support/databases.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { addEndpoint, cloudEvents, connectedTo, deliver, notifications } from "./deliveries.js";

/** A vendor that proves itself by a header, says one thing in any body, and wants to read an answer. */
const postman = defineConnector({
  ...salesforce,
  type: "postman",
  operations: () => [],
  inbound: {
    verify(_rawBody, { "x-proof": proof }, secrets) {
      if (!secrets.includes(proof ?? "")) throw new AuthenticationError("The proof is wrong.");
    },
    route: (rawBody, { "content-type": mediaType = "" }) => [
      { id: rawBody.toString("hex"), accountId: "org-1", entity: mediaType, type: "sent" },
    ],
    acknowledge: () => ({ status: 202, contentType: "text/xml; charset=utf-8", body: "<Ack>true</Ack>" }),
  },
});

describeLongWork("a delivery", (get) => {
  let service: TestService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    service = await startTestService(get().database, { connectors: [quickbooks, postman] });
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    tenant = await service.createTenant();
  });

  const eventsOf = async (connectorId: string, { api } = tenant) =>
    (await api.get(`/v1/connectors/${connectorId}/inbound-events`)).body.data;
  const rowsOf = (table: string, columns: string, { tenantId } = tenant) =>
    get().queryPastGuards(`select ${columns} from ${table} where tenant_id = '${tenantId}' order by id`);

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

  it("reaches the connector of each company that it speaks of, in either of Intuit's forms", async () => {
    const [first, second] = [await connectedTo(service, tenant, "1001"), await connectedTo(service, tenant, "1002")];
    const { id, url } = await addEndpoint(tenant);
    const told = cloudEvents([
      { id: "e-1", realmId: "1001", recordId: "71" },
      { id: "e-2", realmId: "1002", recordId: "72" },
    ]);
    expect(await deliver(url, told, "verifier")).toMatchObject({ status: 200, text: "" });
    expect(await deliver(url, notifications(["1001", "1002"]), "verifier")).toMatchObject({ status: 200 });
    expect(await eventsOf(first)).toEqual([
      expect.objectContaining({ accountId: "1001", entity: "Invoice", recordId: "7", type: "Create" }),
      {
        id: expect.any(String),
        endpointId: id,
        eventId: "e-1",
        accountId: "1001",
        entity: "Invoice",
        recordId: "71",
        type: "qbo.invoice.created.v1",
        receivedAt: expect.any(String),
        handledAt: null,
      },
    ]);
    expect((await eventsOf(second)).map(({ recordId }: { recordId: string }) => recordId)).toEqual(["7", "72"]);
  });

  it("is answered in its vendor's own words, whatever media type and bytes it has", async () => {
    const { url } = await addEndpoint(tenant, { type: "postman", secret: "proof" });
    const body = new Uint8Array([0xff, 0x00, 0xfe]);
    for (const headers of [{ "content-type": "application/x-www-form-urlencoded" }, {}]) {
      const response = await fetch(url, { method: "POST", headers: { ...headers, "x-proof": "proof" }, body });
      expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
        202,
        "text/xml; charset=utf-8",
        "<Ack>true</Ack>",
      ]);
    }
    const stored = await rowsOf("inbound_events", "event_id, entity, record_id");
    expect(stored).toEqual([{ event_id: "ff00fe", entity: "application/x-www-form-urlencoded", record_id: null }]);
  });

  it("is not kept where there is no endpoint for it, and only so much of all that comes where there is one", async () => {
    const { id } = await addEndpoint(tenant, { type: "postman", secret: "proof" });
    const reception = { desk: new DeliveryDesk(systemClock), refusals: new RefusedDeliveries(service.services) };
    async function* large() {
      for (let count = 0; count < 100; count += 1) yield Buffer.alloc(1024 * 1024);
    }
    const send = (endpointId: string) =>
      receiveDelivery(service.services, reception, {
        ...{ type: "postman", endpointId, headers: {}, query: {}, requestId: newId(), ip: "192.0.2.1" },
        readBody: large,
      });
    await expect(send(newId())).rejects.toMatchObject({ code: "DELIVERY_REFUSED" });
    await expect(send(id)).rejects.toMatchObject({ code: "DELIVERY_NOT_STORED" });
  });

  it("is stored whole and sealed, and told of in the outbox for each connector that it concerns", async () => {
    const twins = [await connectedTo(service, tenant, "1001"), await connectedTo(service, tenant, "1001")];
    const { id, url } = await addEndpoint(tenant);
    const body = cloudEvents([
      { id: "known", realmId: "1001" },
      { id: "nobody's", realmId: "9999" },
    ]);
    await deliver(url, body, "verifier");
    const [delivery] = await rowsOf("inbound_deliveries", "id::text as id, body");
    const place = {
      tenantId: tenant.tenantId,
      table: "inbound_deliveries",
      recordId: String(delivery?.id),
      field: "body",
    };
    expect(JSON.stringify(delivery?.body)).not.toContain(Buffer.from(body).toString("base64").slice(0, 40));
    expect(await service.services.vault.open(delivery?.body, place)).toEqual({
      mediaType: "application/json",
      base64: Buffer.from(body).toString("base64"),
    });
    const messages = await rowsOf("outbox_events", "type, connector_id::text as connector, payload");
    const payload = { endpointId: id, entity: "Invoice", recordId: "7", type: "qbo.invoice.created.v1" };
    expect(messages).toEqual([
      ...twins.map((connector) => ({
        type: "inbound.received",
        connector,
        payload: { ...payload, id: expect.any(String), eventId: "known", accountId: "1001" },
      })),
      {
        type: "inbound.received",
        connector: null,
        payload: { ...payload, id: expect.any(String), eventId: "nobody's", accountId: "9999" },
      },
    ]);
  });

  it("that comes again is answered alike and stored once, also when only a part of it is new", async () => {
    const connectorId = await connectedTo(service, tenant, "1001");
    const { url } = await addEndpoint(tenant);
    const first = cloudEvents([{ id: "e-1", realmId: "1001" }]);
    for (let copy = 0; copy < 3; copy += 1) expect((await deliver(url, first, "verifier")).status).toBe(200);
    expect(await rowsOf("inbound_deliveries", "id")).toHaveLength(1);
    const more = cloudEvents([
      { id: "e-1", realmId: "1001" },
      { id: "e-2", realmId: "1001" },
    ]);
    expect((await deliver(url, more, "verifier")).status).toBe(200);
    expect((await eventsOf(connectorId)).map(({ eventId }: { eventId: string }) => eventId)).toEqual(["e-2", "e-1"]);
    expect(await rowsOf("outbox_events", "id")).toHaveLength(2);
  });

  it("reaches neither connectors that are switched off, nor those of another environment, type or tenant", async () => {
    const other = await service.createTenant();
    const [own, foreign] = [await connectedTo(service, tenant, "1001"), await connectedTo(service, other, "1001")];
    const inactive = await connectedTo(service, tenant, "1001");
    const { database } = service.services;
    await database.asTenant(tenant.tenantId, ({ connectors }) => connectors.deactivate(inactive, 1));
    const strangers = [await connectedTo(service, tenant, "1001"), await connectedTo(service, tenant, "1001")];
    await get().queryPastGuards(
      "update connectors set environment = 'production' where id = $1::uuid returning id",
      strangers[0],
    );
    await get().queryPastGuards(
      "update connectors set connector_type = 'other' where id = $1::uuid returning id",
      strangers[1],
    );
    const { url } = await addEndpoint(tenant);
    expect((await deliver(url, cloudEvents([{ id: "e-1", realmId: "1001" }]), "verifier")).status).toBe(200);
    expect(await eventsOf(own)).toHaveLength(1);
    for (const id of [inactive, ...strangers]) expect(await eventsOf(id)).toEqual([]);
    expect(await eventsOf(foreign, other)).toEqual([]);
    expect(await other.api.get(`/v1/connectors/${own}/inbound-events`)).toMatchObject({ status: 404 });
  });

  it("is one of fifty at once, which share events: every one is answered, every event is stored once", async () => {
    const connectorId = await connectedTo(service, tenant, "1001");
    const { url } = await addEndpoint(tenant);
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const ids = [`own-${index}`, `shared-${index % 5}`];
        const send = () => deliver(url, cloudEvents(ids.map((id) => ({ id, realmId: "1001" }))), "verifier");
        const tries = [await send()];
        // As the vendor does, should this machine be too busy for two seconds.
        while (tries.at(-1)?.status === 503) tries.push(await send());
        return tries;
      }),
    );
    for (const tries of answers)
      expect(tries.map(({ status }) => status).filter((status) => status !== 503)).toEqual([200]);
    const stored = (await tenant.api.get(`/v1/connectors/${connectorId}/inbound-events?limit=200`)).body.data;
    expect(stored).toHaveLength(55);
    expect(new Set(stored.map(({ eventId }: { eventId: string }) => eventId)).size).toBe(55);
  });

  it("is a 503 within three seconds while the database does not answer, and the vendor's next try is stored once", async () => {
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
    expect((await eventsOf(connectorId)).map(({ eventId }: { eventId: string }) => eventId)).toEqual(["e-1"]);
  });
});
