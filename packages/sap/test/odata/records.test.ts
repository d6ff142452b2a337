import type { EntityCursor } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CapShop, startCapShop } from "../support/cap-shop.js";

let shop: CapShop;
beforeAll(async () => {
  shop = await startCapShop();
});
afterAll(() => shop.close());

describe.each(["v4", "v2"] as const)("records of a CAP service in %s", (version) => {
  const base = version === "v4" ? 1_000 : 2_000;

  it("creates a record, reads it back with every digit, and deletes it", async () => {
    const service = shop.service(version);
    const ID = base + 1;
    const input = { ID, name: "O'Neil & Söhne", price: "1234567.12000", stock: "9007199254740993" };
    const created = await service.create("Products", input);
    expect(created.record).toMatchObject(input);
    expect(created.etag).toBeDefined();
    const found = await service.read("Products", ID, { select: ["ID", "name", "price", "stock", "modifiedAt"] });
    expect(found.record).toMatchObject(input);
    expect(found.messages).toEqual([]);
    await service.delete("Products", ID, { ifMatch: found });
    await expect(service.read("Products", ID)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("creates a record with its items in one request", async () => {
    const service = shop.service(version);
    const Items = [
      { ID: base + 1, note: "first" },
      { ID: base + 2, note: "second" },
    ];
    await service.create("Orders", { ID: base, customer: "ACME", Items });
    const { record } = await service.read("Orders", base, { expand: ["Items"] });
    expect(record.Items).toMatchObject(Items);
  });

  it("changes only what is given, and replaces the rest on demand", async () => {
    const service = shop.service(version);
    const ID = base + 2;
    await service.create("Products", { ID, name: "Bolt", stock: 5 });
    const { etag = "" } = await service.read("Products", ID);
    await service.update("Products", ID, { name: "Nut" }, { ifMatch: etag });
    expect((await service.read("Products", ID)).record).toMatchObject({ name: "Nut", stock: "5" });
    await service.replace("Products", ID, { name: "Nut" }, { ifMatch: "*" });
    expect((await service.read("Products", ID)).record).toMatchObject({ name: "Nut", stock: null });
  });

  it("refuses a version that is stale, and one that is missing", async () => {
    const service = shop.service(version);
    const ID = base + 3;
    const created = await service.create("Products", { ID, name: "Bolt" });
    await service.update("Products", ID, { name: "Nut" }, { ifMatch: created });
    const stale = service.update("Products", ID, { name: "Screw" }, { ifMatch: created });
    await expect(stale).rejects.toMatchObject({ code: "CONFLICT", vendor: { status: 412 } });
    const without = service.update("Products", ID, { name: "Screw" });
    await expect(without).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining("ETag"),
      vendor: { status: 428 },
    });
  });

  it("follows the pages of the service to the last record, and counts", async () => {
    const service = shop.service(version);
    const filter = { field: "name", eq: `paged ${version}` };
    for (let at = 0; at < 7; at += 1)
      await service.create("Products", { ID: base + 100 + at, name: `paged ${version}` });
    const query = { filter, orderBy: [{ field: "ID" }] };
    const found: unknown[] = [];
    for await (const { record } of service.query("Products", query)) found.push(record.ID);
    expect(found).toEqual([0, 1, 2, 3, 4, 5, 6].map((at) => base + 100 + at));
    const first = await service.page("Products", { ...query, count: true });
    expect(first).toMatchObject({ count: 7, next: expect.any(String) });
    expect(first.entities).toHaveLength(3);
    const second = await service.pageAt("Products", first.next ?? "");
    expect(second.entities.map(({ record }) => record.ID)).toEqual([3, 4, 5].map((at) => base + 100 + at));
    expect(await service.count("Products", { filter })).toBe(7);
    const five: unknown[] = [];
    for await (const { record } of service.query("Products", { ...query, top: 5 })) five.push(record.ID);
    expect(five).toHaveLength(5);
  });
});

describe("changes of a CAP service by timestamp", () => {
  it("are all records at first, although its pages are smaller than asked for, then only what was changed", async () => {
    const service = shop.service("v4");
    for (let ID = 5_000; ID < 5_010; ID += 1) await service.create("Products", { ID, name: "followed" });
    const options = { timestamp: "modifiedAt", overlapMs: 0 };
    const read = async (cursor?: EntityCursor) => {
      const batches = await Array.fromAsync(service.changes("Products", cursor, options));
      return {
        ids: new Set(batches.flatMap(({ changes }) => changes.map(({ id }) => id))),
        cursor: batches.at(-1)?.cursor,
      };
    };
    const first = await read();
    expect(first.ids.size).toBe(await service.count("Products"));
    await service.update("Products", 5_003, { name: "changed" }, { ifMatch: "*" });
    const second = await read(first.cursor);
    expect(second.ids).toContain("5003");
    expect(second.ids.size).toBeLessThan(first.ids.size);
  });
});
