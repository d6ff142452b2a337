import { randomUUID } from "node:crypto";
import { LocalKeyring } from "@isthmus/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Answer, ApiClient } from "../support/api-client.js";
import { type LoadsProcess, type LoadsProcessTask, startLoadsProcess } from "../support/loads/start-loads-process.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey } from "../support/service.js";
import { ordersConnector } from "./orders-connector.js";
import { type OrdersVendor, startOrdersVendor } from "./orders-vendor.js";

/** Long enough for a request, and no longer than a test may wait for its end. */
const leaseMs = 2_000;

describe("requests with a key whose process ends", { timeout: 120_000 }, () => {
  const get = useServerDatabase();
  let vendor: OrdersVendor;
  let task: LoadsProcessTask;
  let survivor: LoadsProcess;
  let other: LoadsProcess;
  let key: string;
  let connectorId: string;

  beforeAll(async () => {
    vendor = await startOrdersVendor();
    const keys = LocalKeyring.generate();
    task = {
      database: { url: get().url },
      keys,
      platformKey,
      vendorHost: vendor.host,
      runLeaseMs: leaseMs,
      role: "api",
    };
    survivor = await startLoadsProcess(task);
    const administrator = { name: "Ada Admin", email: "ada@example.com" };
    const made = await new ApiClient(survivor.url, platformKey).post("/v1/tenants", { name: "Orders", administrator });
    key = made.body.apiKey.key;
    const created = await new ApiClient(survivor.url, key).post("/v1/connectors", ordersConnector(vendor));
    connectorId = created.body.id;
  }, 120_000);
  afterAll(async () => {
    await end(survivor);
    await vendor.close();
  });
  beforeEach(async () => {
    vendor.orders.length = 0;
    vendor.requests.length = 0;
    other = await startLoadsProcess(task);
  }, 60_000);
  afterEach(() => end(other));

  const end = async ({ child, ended }: LoadsProcess) => {
    child.kill("SIGKILL");
    await ended;
  };
  const order = ({ url }: LoadsProcess, operation: string, orderKey: string): Promise<Answer> =>
    new ApiClient(url, key).run(connectorId, operation, { what: orderKey }, { "idempotency-key": orderKey });
  /** Sends it to the survivor until nobody else is at it any more: until the lease of the other one is over. */
  const orderAgain = async (operation: string, orderKey: string): Promise<Answer> => {
    let answer = await order(survivor, operation, orderKey);
    const send = async () => {
      answer = await order(survivor, operation, orderKey);
      return answer.body.code;
    };
    await expect.poll(send, { timeout: 40_000, interval: 200 }).not.toBe("IDEMPOTENCY_KEY_IN_USE");
    return answer;
  };
  const effectsOf = (orderKey: string) => vendor.orders.filter(({ body }) => body === orderKey).length;

  it("by kill -9, when the vendor had done its work: its replay, or OUTCOME_UNKNOWN, and one effect", async () => {
    const [once, blind] = [randomUUID(), randomUUID()];
    const worked = Promise.withResolvers<void>();
    vendor.next((_response, done) => done());
    vendor.next((_response, done) => {
      done();
      // At once: no answer comes, and no beat of the lease either.
      other.child.kill("SIGKILL");
      worked.resolve();
    });
    const cut = [order(other, "orders.createOnce", once), order(other, "orders.create", blind)];
    for (const { status } of await Promise.allSettled(cut)) expect(status).toBe("rejected");
    await worked.promise;
    expect([effectsOf(once), effectsOf(blind)]).toEqual([1, 1]);

    const replayed = await orderAgain("orders.createOnce", once);
    expect(replayed).toMatchObject({ status: 200, body: { what: once } });
    expect(vendor.requests).toHaveLength(3);
    for (let turn = 0; turn < 2; turn += 1) {
      const unknown = await orderAgain("orders.create", blind);
      expect(unknown).toMatchObject({ status: 504, body: { code: "OUTCOME_UNKNOWN", retryable: false } });
      expect(unknown.body.reconcile).toContain("request id");
      expect(await orderAgain("orders.createOnce", once)).toMatchObject({ status: 200, text: replayed.text });
    }
    expect(vendor.requests).toHaveLength(3);
    expect([effectsOf(once), effectsOf(blind)]).toEqual([1, 1]);
  });

  it("as it seems, being frozen: kept from another process while it lives, and its late answer is given in the end", async () => {
    const orderKey = randomUUID();
    const arrived = Promise.withResolvers<() => void>();
    vendor.next((response, done) => {
      done();
      const body = JSON.stringify({ id: "late", what: orderKey });
      arrived.resolve(() => response.writeHead(200, { "content-type": "application/json" }).end(body));
    });
    const begun = order(other, "orders.create", orderKey);
    const release = await arrived.promise;
    expect(await order(survivor, "orders.create", orderKey)).toMatchObject({
      status: 409,
      body: { code: "IDEMPOTENCY_KEY_IN_USE" },
    });
    other.child.kill("SIGSTOP");
    expect(await orderAgain("orders.create", orderKey)).toMatchObject({
      status: 504,
      body: { code: "OUTCOME_UNKNOWN" },
    });
    other.child.kill("SIGCONT");
    release();
    expect(await begun).toMatchObject({ status: 200, body: { id: "late" } });
    expect(await order(survivor, "orders.create", orderKey)).toMatchObject({ status: 200, body: { id: "late" } });
    expect(vendor.requests).toHaveLength(1);
  });
});
