import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeset } from "../../src/odata/client/batch-items.js";
import { type MockShop, startMockShop } from "../support/mock-shop.js";

let shop: MockShop;
beforeAll(async () => {
  shop = await startMockShop();
});
afterAll(() => shop.close());

describe.each(["v4", "v2"] as const)("SAP's mock server for Fiori in %s", (version) => {
  it("is read: a record, a query with a count, a count", async () => {
    const service = shop.service(version);
    expect((await service.read("Products", "a")).record).toMatchObject({ ID: "a", name: "Bolt", price: "1.50" });
    const page = await service.page("Products", { orderBy: [{ field: "ID" }], top: 1, count: true });
    expect(page).toMatchObject({ count: 2, entities: [{ record: { ID: "a" } }] });
    expect(await service.count("Products")).toBe(2);
  });

  it("is written to", async () => {
    const service = shop.service(version);
    const created = await service.create("Products", { ID: "c", name: "Screw" });
    expect(created.record).toMatchObject({ ID: "c", name: "Screw" });
    await service.update("Products", "c", { name: "Washer" });
    expect((await service.read("Products", "c")).record).toMatchObject({ name: "Washer" });
    await service.delete("Products", "c");
    await expect(service.read("Products", "c")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("runs a batch with a change set", async () => {
    const service = shop.service(version);
    const { calls } = service;
    const [found, [one, two]] = await service.batch([
      calls.read("Products", "b"),
      changeset(
        calls.create("Products", { ID: "d", name: "x" }),
        calls.update({ set: "Products", key: "d" }, { name: "y" }),
      ),
    ]);
    expect(found).toMatchObject({ ok: true, value: { record: { name: "Nut" } } });
    expect([one, two]).toMatchObject([{ ok: true }, { ok: true }]);
    expect((await service.read("Products", "d")).record).toMatchObject({ name: "y" });
    await service.delete("Products", "d");
  });
});

describe("a bound action of SAP's mock server", () => {
  const on = { set: "Products", key: "a" };

  it("gives its result, or its error", async () => {
    const service = shop.service("v4");
    const { value } = await service.invoke("restock", { amount: 3 }, { on });
    expect(value).toMatchObject({ ID: "a", name: "restocked by 3" });
    const refused = service.invoke("restock", { amount: -1 }, { on });
    await expect(refused).rejects.toMatchObject({ code: "VENDOR_REJECTED", vendor: { code: "Z/1", status: 400 } });
  });
});
