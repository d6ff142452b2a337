import type { EntityCursor } from "@isthmus/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { changeset } from "../../src/odata/client/batch-items.js";
import { must, type OpenSap, openSap, services } from "./open-sap.js";

let sap: OpenSap;

beforeAll(async () => {
  sap = await openSap();
});
afterAll(() => sap.sandbox.close());
beforeEach(() => sap.sandbox.reset());

/** An order as each version of the service takes it: the same values, other names of the lists. */
function orderFor(version: "v2" | "v4", reference: string, quantity = "2") {
  const items = [{ Material: "TG11", RequestedQuantity: quantity }];
  return {
    SoldToParty: "17100001",
    PurchaseOrderByCustomer: reference,
    ...(version === "v2" ? { to_Item: items } : { _Item: items }),
  };
}

describe.each([
  { version: "v2", service: "orders", set: "A_SalesOrder", items: "to_Item", root: services.orders.path },
  { version: "v4", service: "orders-v4", set: "SalesOrder", items: "_Item", root: services["orders-v4"].path },
] as const)("sales orders in OData $version", ({ version, service, set, items, root }) => {
  it("are read page by page, filtered and counted", async () => {
    sap.sandbox.configure({ pageSize: 7 });
    const orders = await sap.connect().odata(service);
    const all = await Array.fromAsync(orders.query(set, { orderBy: [{ field: "SalesOrder" }] }));
    expect(all).toHaveLength(60);
    expect(new Set(all.map(({ record }) => record.SalesOrder)).size).toBe(60);
    expect(await orders.count(set)).toBe(60);
    const soldTo = String(must(all[0]).record.SoldToParty);
    const own = await Array.fromAsync(orders.query(set, { filter: { field: "SoldToParty", eq: soldTo } }));
    expect(own.length).toBe(all.filter(({ record }) => record.SoldToParty === soldTo).length);
    const quoted = orders.query(set, { filter: { field: "PurchaseOrderByCustomer", eq: "O'Brien & 1=1%2F" } });
    expect(await Array.fromAsync(quoted)).toEqual([]);
  });

  it("are created with their items, changed by their ETag, and deleted", async () => {
    const orders = await sap.connect().odata(service);
    const created = await orders.create(set, orderFor(version, "PO-1"));
    const key = String(must(created.record).SalesOrder);
    const read = await orders.read(set, key, { expand: [items] });
    expect(read.record).toMatchObject({ PurchaseOrderByCustomer: "PO-1", [items]: [{ SalesOrder: key }] });
    const changes = { PurchaseOrderByCustomer: "PO-2" };
    await expect(orders.update(set, key, changes)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    const stale = { ifMatch: must(read.etag).replace(/\d/, (digit) => String((Number(digit) + 1) % 10)) };
    await expect(orders.update(set, key, changes, stale)).rejects.toMatchObject({ code: "CONFLICT", retryable: false });
    await orders.update(set, key, changes, { ifMatch: must(read.etag) });
    const again = await orders.read(set, key);
    expect(again.record.PurchaseOrderByCustomer).toBe("PO-2");
    await orders.delete(set, key, { ifMatch: must(again.etag) });
    await expect(orders.read(set, key)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("are changed in a session that was lost in between: with one new token", async () => {
    const orders = await sap.connect().odata(service);
    await orders.create(set, orderFor(version, "PO-1"));
    sap.sandbox.endSessions();
    sap.sandbox.clearRequests();
    await orders.create(set, orderFor(version, "PO-2"));
    const posts = sap.sandbox.requests().filter(({ method }) => method === "POST");
    expect(posts.map(({ status }) => status)).toEqual([403, 201]);
    expect(sap.sandbox.state.salesOrders.list()).toHaveLength(62);
  });

  it("go through a batch in which a change set fails as one and the rest is done", async () => {
    const orders = await sap.connect().odata(service);
    const { calls } = orders;
    const [found, failed, missing, done] = await orders.batch([
      calls.read(set, "1"),
      changeset(
        calls.create(set, orderFor(version, "PO-LOST")),
        calls.create(set, { ...orderFor(version, "PO-BAD"), SoldToParty: "999999" }),
      ),
      calls.read(set, "999999"),
      changeset(calls.create(set, orderFor(version, "PO-KEPT"))),
    ]);
    expect(found).toMatchObject({ ok: true, value: { record: { SalesOrder: "1" } } });
    expect(failed.map((one) => one.ok)).toEqual([false, false]);
    expect(missing).toMatchObject({ ok: false, error: { code: "NOT_FOUND" } });
    expect(done).toMatchObject([{ ok: true, value: { record: { PurchaseOrderByCustomer: "PO-KEPT" } } }]);
    const references = sap.sandbox.state.salesOrders.list().map((order) => JSON.stringify(order));
    expect(references.some((order) => order.includes("PO-LOST"))).toBe(false);
    expect(references.some((order) => order.includes("PO-KEPT"))).toBe(true);
  });

  it("are called functions and actions of", async () => {
    const orders = await sap.connect().odata(service);
    const { SalesOrder } = must((await orders.create(set, orderFor(version, "PO-1", "400000"))).record);
    const { etag } = await orders.read(set, String(SalesOrder));
    if (version === "v2") {
      await orders.invoke("releaseApprovalRequest", { SalesOrder });
      const open = await orders.invoke("GetOpenSalesOrders", { SoldToParty: orderFor(version, "").SoldToParty });
      expect(open.value).toContainEqual(expect.objectContaining({ SalesOrder }));
    } else {
      const on = { set, key: String(SalesOrder) };
      const released = await orders.invoke("ReleaseApprovalRequest", {}, { on, ifMatch: must(etag) });
      expect(released.value).toMatchObject({ SalesOrder, SalesDocApprovalStatus: "B" });
      const open = await orders.invoke("GetNumberOfOpenOrders", { SoldToParty: orderFor(version, "").SoldToParty });
      expect(open.value).toBeGreaterThan(0);
    }
    expect((await orders.read(set, String(SalesOrder))).record.SalesDocApprovalStatus).toBe("B");
  });

  it("bring SAP's warnings along with a success", async () => {
    sap.sandbox.configure({ warningOnWrite: "Überprüfen Sie die Menge" });
    const orders = await sap.connect().odata(service);
    const { messages } = await orders.create(set, orderFor(version, "PO-1"));
    expect(messages).toContainEqual(
      expect.objectContaining({ severity: "warning", message: "Überprüfen Sie die Menge" }),
    );
  });

  it("are followed by the time of their last change, page by page", async () => {
    sap.sandbox.configure({ pageSize: 7 });
    const orders = await sap.connect().odata(service);
    const read = async (cursor?: EntityCursor) => {
      const batches = await Array.fromAsync(
        orders.changes(set, cursor, { timestamp: "LastChangeDateTime", overlapMs: 0, pageSize: 20 }),
      );
      const ids = new Set(batches.flatMap(({ changes }) => changes.map(({ id }) => id)));
      return { ids, cursor: must(batches.at(-1)).cursor };
    };
    const first = await read();
    expect(first.ids.size).toBe(60);
    const created = await orders.create(set, orderFor(version, "PO-1"));
    const second = await read(first.cursor);
    expect(second.ids).toContain(`'${must(created.record).SalesOrder}'`);
    expect(second.ids.size).toBeLessThan(10);
  });

  it("are not made twice when the answer is lost, and the caller is told that nobody knows", async () => {
    const orders = await sap.connect().odata(service);
    await orders.create(set, orderFor(version, "PO-1"));
    sap.sandbox.addFault({ path: root, method: "POST", cutAfter: true });
    await expect(orders.create(set, orderFor(version, "PO-2"))).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(sap.sandbox.state.salesOrders.list()).toHaveLength(62);
    sap.sandbox.addFault({ path: root, method: "POST", cutAfter: true });
    const batch = orders.batch([changeset(orders.calls.create(set, orderFor(version, "PO-3")))]);
    await expect(batch).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  it("do not leave it at a plain failure when a create succeeded with an answer that cannot be read", async () => {
    const orders = await sap.connect().odata(service);
    await orders.create(set, orderFor(version, "PO-1"));
    sap.sandbox.addFault({
      ...{ path: root, method: "POST", status: 201 },
      ...{ headers: { "content-type": "application/json" }, body: '{"d":{"SalesOr' },
    });
    await expect(orders.create(set, orderFor(version, "PO-2"))).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      reconcile: expect.stringContaining(set),
    });
  });
});

describe("JSON batches", () => {
  it("are taken by a v4 service that knows them", async () => {
    sap.sandbox.configure({ jsonBatch: true });
    const orders = await sap.connect().odata("orders-v4");
    const [created, [second, third]] = await orders.batch(
      [
        orders.calls.create("SalesOrder", orderFor("v4", "PO-1")),
        changeset(
          orders.calls.create("SalesOrder", orderFor("v4", "PO-2")),
          orders.calls.create("SalesOrder", { ...orderFor("v4", "PO-3"), SoldToParty: "999999" }),
        ),
      ],
      { format: "json" },
    );
    expect(created).toMatchObject({ ok: true, value: { record: { PurchaseOrderByCustomer: "PO-1" } } });
    expect([second.ok, third.ok]).toEqual([false, false]);
    expect(sap.sandbox.state.salesOrders.list()).toHaveLength(61);
  });
});

describe("names that a service does not have", () => {
  it("are said not to be found, whoever asks", async () => {
    const connector = sap.connect();
    const orders = await connector.odata("orders");
    const noSet = { code: "NOT_FOUND" };
    await expect(orders.read("A_Nothing", "1")).rejects.toMatchObject(noSet);
    await expect(orders.count("A_Nothing")).rejects.toMatchObject(noSet);
    await expect(orders.create("A_Nothing", {})).rejects.toMatchObject(noSet);
    await expect(orders.delete("A_Nothing", "1")).rejects.toMatchObject(noSet);
    await expect(orders.query("A_Nothing").next()).rejects.toMatchObject(noSet);
    await expect(orders.changes("A_Nothing", undefined).next()).rejects.toMatchObject(noSet);
    await expect(connector.odata("nothing")).rejects.toMatchObject(noSet);
    const gone = sap.connect({ odata: { gone: { path: "/sap/opu/odata/sap/Z_NOT_THERE" } } });
    await expect(gone.odata("gone")).rejects.toMatchObject(noSet);
  });
});
