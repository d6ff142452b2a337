import { custom } from "@isthmus/custom";
import { quickbooks } from "@isthmus/quickbooks";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { RefusedDeliveries } from "../../src/inbound/refused-deliveries.js";
import { describeLongWork } from "../support/databases.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { addEndpoint, cloudEvents, connectedTo, deliver } from "./deliveries.js";

const told = (id: string) => cloudEvents([{ id, realmId: "1001" }]);

describeLongWork("an inbound endpoint", (get) => {
  let service: TestService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    service = await startTestService(get().database, { connectors: [quickbooks, custom] });
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    tenant = await service.createTenant();
  });

  const path = (id: string) => `/v1/inbound-endpoints/${id}`;
  const change = (id: string, version: number, changes: object) =>
    tenant.api.patch(path(id), changes, { "if-match": `"${version}"` });
  const refusals = async () =>
    (await tenant.api.get("/v1/audit-events?action=inbound.refused")).body.data.map(
      ({ target, details }: { target: object; details: object }) => ({ ...target, ...details }),
    );
  const countEvents = async () =>
    (await get().queryPastGuards(`select 1 from inbound_events where tenant_id = '${tenant.tenantId}'`)).length;

  it("is made with the address to enter at the vendor, changed, listed and deleted, each of it audited", async () => {
    const body = { type: "quickbooks", name: "Intuit", environment: "sandbox", secret: "  verifier\n" };
    const made = await tenant.api.post("/v1/inbound-endpoints", body);
    const { id } = made.body;
    const shown = {
      id,
      type: "quickbooks",
      name: "Intuit",
      environment: "sandbox",
      url: `${service.url}/hooks/quickbooks/${id}`,
      active: true,
      secretCount: 1,
      version: 1,
      createdBy: tenant.userId,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    };
    expect(made).toMatchObject({ status: 201, body: shown });
    expect(made.headers.get("location")).toBe(path(id));
    expect((await tenant.api.get(path(id))).body).toEqual(shown);
    expect((await deliver(shown.url, told("trimmed"), "verifier")).status).toBe(200);
    expect((await tenant.api.get("/v1/inbound-endpoints?type=quickbooks")).body.data).toEqual([shown]);
    expect((await tenant.api.get("/v1/inbound-endpoints?type=salesforce")).body.data).toEqual([]);
    expect((await change(id, 1, { name: "Books" })).body).toMatchObject({ name: "Books", version: 2 });
    expect(await change(id, 1, { name: "Late" })).toMatchObject({ status: 412, body: { code: "PRECONDITION_FAILED" } });
    expect(await tenant.api.patch(path(id), { name: "x" })).toMatchObject({ status: 428 });
    expect((await tenant.api.delete(path(id))).status).toBe(204);
    expect((await tenant.api.get(path(id))).status).toBe(404);
    expect(await countEvents()).toBe(0);
    const events = (await tenant.api.get(`/v1/audit-events?targetId=${id}`)).body.data;
    expect(events.map(({ action }: { action: string }) => action)).toEqual([
      "inbound_endpoint.deleted",
      "inbound_endpoint.updated",
      "inbound_endpoint.created",
    ]);
  });

  it("is not made for a type that takes no deliveries", async () => {
    const body = { type: "custom", name: "x", environment: "sandbox" };
    const make = (changes: object) => tenant.api.post("/v1/inbound-endpoints", { ...body, ...changes });
    expect(await make({})).toMatchObject({ status: 422, body: { code: "UNSUPPORTED" } });
    expect(await make({ type: "nowhere" })).toMatchObject({ status: 422, body: { code: "UNKNOWN_CONNECTOR_TYPE" } });
    expect(await make({ type: "quickbooks", secret: " " })).toMatchObject({ status: 400 });
  });

  it("takes deliveries signed with the new secret and the former one, until the former one is let go", async () => {
    const { id, url } = await addEndpoint(tenant, { secret: "old" });
    expect((await change(id, 1, { secret: "new" })).body).toMatchObject({ secretCount: 2, version: 2 });
    expect((await deliver(url, told("by-old"), "old")).status).toBe(200);
    expect((await deliver(url, told("by-new"), "new")).status).toBe(200);
    expect((await change(id, 2, { keepFormerSecrets: false })).body).toMatchObject({ secretCount: 1 });
    expect((await deliver(url, told("late"), "old")).status).toBe(403);
    expect((await deliver(url, told("later"), "new")).status).toBe(200);
    expect((await change(id, 3, { secret: "newest", keepFormerSecrets: false })).body).toMatchObject({
      secretCount: 1,
    });
    expect((await deliver(url, told("last"), "new")).status).toBe(403);
    expect((await deliver(url, told("last"), "newest")).status).toBe(200);
    for (let version = 4; version < 8; version += 1) await change(id, version, { secret: `secret-${version}` });
    expect(await change(id, 8, { secret: "one too many" })).toMatchObject({
      status: 400,
      body: { errors: [{ path: "keepFormerSecrets" }] },
    });
    expect((await change(id, 8, { secret: "newest" })).body).toMatchObject({ secretCount: 5 });
  });

  it("without a secret refuses every delivery, also one that is signed with nothing", async () => {
    const { id, url } = await addEndpoint(tenant, { secret: undefined });
    for (const secret of ["", "verifier"]) expect((await deliver(url, told("x"), secret)).status).toBe(403);
    await expect.poll(refusals).toEqual([{ type: "inbound_endpoint", id, reason: "no_secret", refusedBefore: 0 }]);
    expect((await change(id, 1, { secret: "verifier" })).body.secretCount).toBe(1);
    expect((await deliver(url, told("x"), "verifier")).status).toBe(200);
  });

  it("that is unknown or switched off answers exactly like a wrong signature", async () => {
    const { id, url } = await addEndpoint(tenant);
    const off = await addEndpoint(tenant);
    await change(off.id, 1, { active: false });
    const nowhere = ["00000000-0000-7000-8000-000000000000", "no-id", "x".repeat(200), `${id}0`];
    const answers = await Promise.all([
      deliver(url, told("x"), "wrong"),
      deliver(off.url, told("x"), "verifier"),
      ...nowhere.map((each) => deliver(`${service.url}/hooks/quickbooks/${each}`, told("x"), "verifier")),
    ]);
    const withoutId = answers.map(({ status, text }) => [status, { ...JSON.parse(text), requestId: "" }]);
    expect(withoutId[0]).toEqual([403, expect.objectContaining({ code: "DELIVERY_REFUSED", retryable: false })]);
    for (const each of withoutId) expect(each).toEqual(withoutId[0]);
    expect((await deliver(url.replace(id, id.toUpperCase()), told("x"), "verifier")).status).toBe(200);
    for (const type of ["custom", "nowhere"]) {
      expect(await deliver(`${service.url}/hooks/${type}/${id}`, told("x"), "verifier")).toMatchObject({ status: 404 });
    }
    expect(await countEvents()).toBe(1);
  });

  it("lets a flood of wrong signatures fill neither the audit nor the log", async () => {
    const { id, url } = await addEndpoint(tenant);
    const loggedBefore = service.logLines.length;
    for (let wave = 0; wave < 5; wave += 1) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => deliver(url, told("x"), "wrong")));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
    }
    await expect.poll(refusals).toEqual([{ type: "inbound_endpoint", id, reason: "not_signed", refusedBefore: 0 }]);
    const lines = service.logLines.slice(loggedBefore).map((line) => JSON.parse(line));
    const ofHooks = lines.filter((line) => line.endpointId === id || line.route === "/hooks/:type/:endpointId");
    expect(ofHooks.filter(({ level }) => level >= 30)).toHaveLength(1);
    expect(await countEvents()).toBe(0);
  });

  it("says once an hour how many deliveries were refused since", async () => {
    const { id: endpointId } = await addEndpoint(tenant);
    let now = 0;
    const { clock, logger } = service.services;
    const refused = new RefusedDeliveries({ database: get().database, logger, clock: { ...clock, now: () => now } });
    const refusal = { tenantId: tenant.tenantId, endpointId, reason: "not_signed", requestId: "r", ip: "::1" } as const;
    for (let minute = 0; minute <= 60; minute += 10) {
      now = minute * 60_000;
      refused.note(refusal);
    }
    const counts = async () => (await refusals()).map((each: { refusedBefore: number }) => each.refusedBefore);
    await expect.poll(counts).toHaveLength(2);
    expect((await counts()).toSorted()).toEqual([0, 5]);
  });

  it("refuses a body that is too large, whether or not its length is told, and one that nobody can read", async () => {
    const { id, url } = await addEndpoint(tenant);
    const large = "x".repeat(1024 * 1024 + 1);
    expect(JSON.parse((await deliver(url, large, "verifier")).text)).toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    const pieces = new ReadableStream({
      start(controller) {
        for (let piece = 0; piece < 17; piece += 1) controller.enqueue(new Uint8Array(64 * 1024));
        controller.close();
      },
    });
    const streamed = await fetch(url, { method: "POST", body: pieces, duplex: "half" } as RequestInit);
    expect(streamed.status).toBe(413);
    for (const body of ["", "not JSON", "{}"]) {
      expect(JSON.parse((await deliver(url, body, "verifier")).text)).toMatchObject({
        status: 422,
        code: "DELIVERY_UNREADABLE",
      });
    }
    await expect.poll(refusals).toEqual([{ type: "inbound_endpoint", id, reason: "unreadable", refusedBefore: 0 }]);
    expect((await deliver(url, "[]", "verifier")).status).toBe(200);
  });

  it("takes what fits no column for what it is, so that the vendor does not send it for ever", async () => {
    const connectorId = await connectedTo(service, tenant, "1001");
    const { url } = await addEndpoint(tenant);
    const events = [
      { id: "x".repeat(5_000), realmId: "1001", recordId: "r".repeat(5_000) },
      { id: "nul\0", realmId: "1001\0" },
      { id: "\ud800", realmId: "1001" },
    ];
    for (let copy = 0; copy < 2; copy += 1) {
      expect((await deliver(url, cloudEvents(events), "verifier")).status).toBe(200);
    }
    expect(await countEvents()).toBe(3);
    const { data } = (await tenant.api.get(`/v1/connectors/${connectorId}/inbound-events`)).body;
    expect(data.map(({ eventId }: { eventId: string }) => eventId.length)).toEqual([43, 43]);
  });

  it("shows its secrets nowhere: no answer, no row, no audit, no log line", async () => {
    const secret = "planted/secret+with?odd=characters";
    const { id } = await addEndpoint(tenant, { secret });
    await change(id, 1, { secret: `${secret}-2` });
    const answers = await Promise.all(
      [path(id), "/v1/inbound-endpoints", "/v1/audit-events"].map((address) => tenant.api.get(address)),
    );
    const rows = await get().queryPastGuards(`select e::text as row from inbound_endpoints e where id = '${id}'`);
    const seen = [...answers.map(({ text }) => text), String(rows[0]?.row), ...service.logLines].join("\n");
    expect(seen).toContain(id);
    expect(seen).not.toContain(secret);
  });
});
