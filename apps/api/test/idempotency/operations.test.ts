import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { answerLimitBytes } from "../../src/idempotency/stored-answer.js";
import type { Answer } from "../support/api-client.js";
import { loads } from "../support/loads/loads-connector.js";
import { beginLoad, loadsConnector } from "../support/loads/loads-service.js";
import { type LoadsVendor, startLoadsVendor } from "../support/loads/loads-vendor.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { orders, ordersConnector } from "./orders-connector.js";
import { cutAfterwards, cutBefore, type OrdersVendor, refuseWith, startOrdersVendor } from "./orders-vendor.js";

describe("an operation with an Idempotency-Key", () => {
  const get = useServerDatabase();
  let vendor: OrdersVendor;
  let loadsVendor: LoadsVendor;
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;

  beforeAll(async () => {
    [vendor, loadsVendor] = await Promise.all([startOrdersVendor(), startLoadsVendor()]);
    service = await startTestService(get().database, {
      connectors: [orders, loads],
      settings: { allowedPrivateHosts: [vendor.host, loadsVendor.host] },
    });
    tenant = await service.createTenant();
    connectorId = (await tenant.api.post("/v1/connectors", ordersConnector(vendor))).body.id;
  });
  afterAll(async () => {
    await service.close();
    await Promise.all([vendor.close(), loadsVendor.close()]);
  });
  beforeEach(() => {
    vendor.orders.length = 0;
    vendor.requests.length = 0;
  });

  const newKey = () => ({ "idempotency-key": randomUUID() });
  const run = (operation: string, key: Record<string, string>, input: object = { what: "bolts" }): Promise<Answer> =>
    tenant.api.run(connectorId, operation, input, key);
  const replayed = (answer: Answer) => answer.headers.get("idempotency-replayed") === "true";

  it.each(["orders.create", "orders.createOnce", "orders.put"])("%s is done once", async (operation) => {
    const key = newKey();
    const first = await run(operation, key);
    const again = await run(operation, key);
    expect(again).toMatchObject({ status: 200, text: first.text });
    expect([replayed(first), replayed(again)]).toEqual([false, true]);
    expect(vendor.requests).toHaveLength(1);
    expect(await run(operation, key, { what: "nuts" })).toMatchObject({ status: 422 });
    expect(vendor.requests).toHaveLength(1);
  });

  it("gives the vendor a key where it knows one: the same for each try, and another for each request", async () => {
    const [key, other] = [newKey(), newKey()];
    vendor.next(cutAfterwards);
    expect(await run("orders.createOnce", key)).toMatchObject({ status: 502, body: { retryable: true } });
    expect(await run("orders.createOnce", key)).toMatchObject({ status: 200, body: { id: "order-1" } });
    expect(vendor.requests).toHaveLength(2);
    expect(await run("orders.createOnce", other)).toMatchObject({ status: 200, body: { id: "order-2" } });
    expect(vendor.orders.map((order) => order.key)).toEqual([expect.any(String), expect.any(String)]);
    expect(vendor.orders[0]?.key).not.toContain(key["idempotency-key"]);
    await run("orders.create", newKey());
    expect(vendor.orders[2]?.key).toBeUndefined();
  });

  it("answers OUTCOME_UNKNOWN again where the vendor knows no repetition, and sends nothing", async () => {
    const key = newKey();
    vendor.next(cutAfterwards);
    const first = await run("orders.create", key);
    expect(first).toMatchObject({ status: 504, body: { code: "OUTCOME_UNKNOWN", reconcile: expect.any(String) } });
    const again = await run("orders.create", key);
    expect(again).toMatchObject({ status: 504, text: first.text });
    expect(replayed(again)).toBe(true);
    expect(vendor.orders).toHaveLength(1);
    expect(vendor.requests).toHaveLength(1);
  });

  it("keeps what the vendor decided, and repeats what had no effect", async () => {
    for (const [status, isKept] of [
      [422, true],
      [409, true],
      [404, true],
      [401, false],
      [403, false],
      [429, false],
    ] as const) {
      for (const operation of ["orders.create", "orders.createOnce"]) {
        const key = newKey();
        vendor.orders.length = 0;
        vendor.next(refuseWith(status));
        expect((await run(operation, key)).status, `${status}`).not.toBe(200);
        const again = await run(operation, key);
        expect(replayed(again), `${operation} after ${status}`).toBe(isKept);
        expect(vendor.orders).toHaveLength(isKept ? 0 : 1);
      }
    }
  });

  it("can be sent again with what was wrong mended", async () => {
    const key = newKey();
    expect(await run("orders.create", key, { what: 1 })).toMatchObject({ status: 400 });
    expect(await run("orders.create", key)).toMatchObject({ status: 200 });
  });

  it("is answered by what was done when its caller had gone before the answer", async () => {
    const key = newKey();
    const gone = new AbortController();
    vendor.next((response, done) => {
      done();
      gone.abort();
      setImmediate(() =>
        response.writeHead(200, { "content-type": "application/json" }).end('{"id":"order-1","what":""}'),
      );
    });
    const url = `${service.url}/v1/connectors/${connectorId}/operations/orders.create`;
    const headers = { authorization: `Bearer ${tenant.apiKey}`, "content-type": "application/json", ...key };
    const body = JSON.stringify({ what: "bolts" });
    await expect(fetch(url, { method: "POST", headers, body, signal: gone.signal })).rejects.toThrow("abort");
    await expect.poll(() => run("orders.create", key)).toMatchObject({ status: 200, body: { id: "order-1" } });
    expect(vendor.requests).toHaveLength(1);
  });

  it("compares bytes that are streamed before it gives the answer of the first time", async () => {
    const key = { ...newKey(), "content-type": "text/plain" };
    const upload = (bytes: string) => tenant.api.run(connectorId, "orders.upload", bytes, key);
    const first = await upload("a".repeat(200_000));
    expect(first).toMatchObject({ status: 200, body: { id: "order-1" } });
    expect(await upload("a".repeat(200_000))).toMatchObject({ status: 200, text: first.text });
    const other = await upload("b".repeat(200_000));
    expect(other).toMatchObject({ status: 422, body: { code: "IDEMPOTENCY_KEY_REUSED" } });
    expect(vendor.requests).toHaveLength(1);
  });

  it("begins a run of bulk work once", async () => {
    const { id } = (await tenant.api.post("/v1/connectors", loadsConnector(loadsVendor))).body;
    const key = newKey();
    const load = (rows: string) => tenant.api.run(id, "rows.load", rows, { "content-type": "text/csv", ...key });
    const first = await load("a\nb");
    expect(first.status).toBe(202);
    const again = await load("a\nb");
    expect(again).toMatchObject({ status: 202, text: first.text });
    expect(again.headers.get("location")).toBe(`/v1/operation-runs/${first.body.id}`);
    expect(await load("c")).toMatchObject({ status: 422 });
    expect(loadsVendor.loads).toHaveLength(1);
    // A start that failed has a run that tells of it: it is not begun again.
    loadsVendor.once("POST /loads", (_request, response) => response.writeHead(503).end());
    const failing = { ...newKey(), "content-type": "text/csv" };
    expect((await tenant.api.run(id, "rows.load", "x", failing)).status).toBe(502);
    const told = await tenant.api.run(id, "rows.load", "x", failing);
    expect(told).toMatchObject({ status: 504, body: { code: "OUTCOME_UNKNOWN" } });
    expect((await beginLoad(tenant.api, id)).status).toBe(202);
  });

  it("refuses a key before a write whose answer is not JSON, and has no use for one where nothing changes", async () => {
    const key = newKey();
    expect(await run("orders.print", key)).toMatchObject({ body: { code: "IDEMPOTENCY_KEY_UNSUPPORTED" } });
    const lines = { ...key, accept: "application/x-ndjson" };
    expect(await run("orders.create", lines)).toMatchObject({ body: { code: "IDEMPOTENCY_KEY_UNSUPPORTED" } });
    expect(vendor.requests).toEqual([]);
    const [one, two] = [await run("orders.ping", key, {}), await run("orders.ping", key, {})];
    expect([one.status, two.status, replayed(two)]).toEqual([200, 200, false]);
    expect(one.text).not.toBe(two.text);
  });

  it("keeps an answer of 4 MiB, and says of a larger one that it was done", async () => {
    const answerOf = (bytes: number) => {
      const frame = JSON.stringify({ id: "big", what: "" });
      return JSON.stringify({ id: "big", what: "é".repeat(1) + "a".repeat(bytes - frame.length - 2) });
    };
    for (const [bytes, isKept] of [
      [answerLimitBytes, true],
      [answerLimitBytes + 1, false],
    ] as const) {
      const key = newKey();
      const body = answerOf(bytes);
      expect(Buffer.byteLength(body)).toBe(bytes);
      vendor.next((response, done) => {
        done();
        response.writeHead(200, { "content-type": "application/json" }).end(body);
      });
      const first = await run("orders.create", key);
      expect(first.status).toBe(200);
      expect(first.text === body).toBe(true);
      const again = await run("orders.create", key);
      if (isKept) expect([again.status, again.text === body]).toEqual([200, true]);
      else expect(again).toMatchObject({ status: 409, body: { code: "IDEMPOTENT_ANSWER_NOT_KEPT" } });
    }
    expect(vendor.requests).toHaveLength(2);
  });

  it("may be sent again at once where nothing arrived", async () => {
    const key = newKey();
    vendor.next(cutBefore);
    expect((await run("orders.createOnce", key)).status).toBe(502);
    expect(await run("orders.createOnce", key)).toMatchObject({ status: 200 });
    expect(vendor.orders).toHaveLength(1);
  });
});
