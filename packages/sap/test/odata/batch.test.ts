import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeset } from "../../src/odata/client/batch-items.js";
import { type CapShop, startCapShop } from "../support/cap-shop.js";

let shop: CapShop;
beforeAll(async () => {
  shop = await startCapShop();
});
afterAll(() => shop.close());

describe.each([
  ["v4", "multipart"],
  ["v4", "json"],
  ["v2", "multipart"],
] as const)("a batch of a CAP service in %s as %s", (version, format) => {
  const base = 1_000 * (1 + ["v4 multipart", "v4 json", "v2 multipart"].indexOf(`${version} ${format}`));

  it("gives each item its own result, in order", async () => {
    const service = shop.service(version);
    const { calls, operationCalls } = service;
    const results = await service.batch(
      [
        calls.create("Products", { ID: base, name: "Grüße\r\n--isthmus", stock: 1 }),
        calls.read("Products", base),
        calls.read("Products", base + 999),
        changeset(
          calls.create("Products", { ID: base + 1, name: "first" }),
          calls.create("Products", { ID: base + 2, name: "second" }),
        ),
        operationCalls.invoke("greet", { name: "O'Neil" }),
        calls.count("Products", {}),
      ],
      { format },
    );
    expect(results).toMatchObject([
      { ok: true, value: { record: { ID: base } } },
      { ok: true, value: { record: { ID: base, name: "Grüße\r\n--isthmus" }, etag: expect.any(String) } },
      { ok: false, error: { code: "NOT_FOUND" } },
      [
        { ok: true, value: { record: { ID: base + 1, name: "first" } } },
        { ok: true, value: { record: { ID: base + 2, name: "second" } } },
      ],
      { ok: true, value: { value: "Hello O'Neil" } },
      { ok: true, value: expect.any(Number) },
    ]);
  });

  it("undoes a change set of which one call fails, and tells every call of it", async () => {
    const service = shop.service(version);
    const { calls } = service;
    const [failed, after] = await service.batch(
      [
        changeset(
          calls.create("Products", { ID: base + 10, name: "good" }),
          calls.create("Products", { ID: base + 11, name: "bad!" }),
        ),
        calls.create("Products", { ID: base + 12, name: "after" }),
      ],
      { format },
    );
    expect(failed).toMatchObject([
      { ok: false, error: { code: "VENDOR_REJECTED", vendor: { status: 400 } } },
      { ok: false, error: { code: "VENDOR_REJECTED", vendor: { status: 400 } } },
    ]);
    expect(after).toMatchObject({ ok: true });
    await expect(service.read("Products", base + 10)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await service.read("Products", base + 12)).record).toMatchObject({ name: "after" });
  });

  it("refers to a record that the same change set makes", async () => {
    const service = shop.service(version);
    const { calls } = service;
    const [[order, item]] = await service.batch(
      [
        changeset(
          calls.create("Orders", { ID: base, customer: "ACME" }, { contentId: "1" }),
          calls.createIn({ set: "Orders", contentId: "1" }, "Items", { ID: base, note: "by reference" }),
        ),
      ],
      { format },
    );
    expect([order, item]).toMatchObject([{ ok: true }, { ok: true }]);
    const { record } = await service.read("Orders", base, { expand: ["Items"] });
    expect(JSON.stringify(record.Items)).toContain("by reference");
  });

  it("changes with an ETag, deletes, and refuses a stale one", async () => {
    const service = shop.service(version);
    const { calls } = service;
    const ID = base + 20;
    const created = await service.create("Products", { ID, name: "one" });
    const place = { set: "Products", key: ID };
    const [changed, stale, gone] = await service.batch(
      [
        calls.update(place, { name: "two" }, { ifMatch: created }),
        calls.update(place, { name: "three" }, { ifMatch: created }),
        calls.delete(place, { ifMatch: "*" }),
      ],
      { format },
    );
    expect(changed).toMatchObject({ ok: true });
    expect(stale).toMatchObject({ ok: false, error: { code: "CONFLICT" } });
    expect(gone).toEqual({ ok: true, value: { messages: [] } });
  });
});

describe("a batch in v4 that stops at a failure", () => {
  it("says of the calls after it that they were not done", async () => {
    const service = shop.service("v4");
    const { calls } = service;
    const items = [calls.read("Products", 99_999), calls.create("Products", { ID: 99_998, name: "never" })] as const;
    const [failed, left] = await service.batch(items, { continueOnError: false });
    expect(failed).toMatchObject({ ok: false, error: { code: "NOT_FOUND" } });
    expect(left).toMatchObject({ ok: false, error: { code: "CANCELLED" } });
  });
});
