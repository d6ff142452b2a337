import type { ConflictPolicy, RecordWrite } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCodec } from "../../src/odata/codec.js";
import { keyOfId } from "../../src/writes/key-of-id.js";
import { createRecordWriter } from "../../src/writes/record-writer.js";
import { type CapShop, startCapShop } from "../support/cap-shop.js";

let shop: CapShop;
beforeAll(async () => {
  shop = await startCapShop();
});
afterAll(() => shop.close());

describe.each(["v4", "v2"] as const)("writing records of a CAP service in bulk in %s", (version) => {
  const first = version === "v4" ? 5_000 : 6_000;
  const words = () => ({ model: shop.models[version], codec: createCodec(shop.models[version]) });
  const write = (set: string, policy: ConflictPolicy, ...records: Partial<RecordWrite>[]) =>
    createRecordWriter(async () => ({ service: shop.service(version), words: words(), set })).write(
      "",
      records.map((record, index) => ({ key: `run/${index}`, deleted: false, attempted: false, ...record })),
      { policy, signal: new AbortController().signal },
    );
  const told = async (...given: Parameters<typeof write>) => (await write(...given)).map(({ outcome }) => outcome);

  it("finds a record that names its own key after a crash: one that is there is not made again", async () => {
    const record = { ID: first, name: "Bolt", stock: "5" };
    const attempted = true;
    expect(await write("Products", "fail", { record })).toEqual([{ outcome: "created", id: String(first) }]);
    expect(await told("Products", "fail", { record, attempted })).toEqual(["created"]);
    expect(await told("Products", "fail", { record: { ...record, name: "Nut" }, attempted })).toEqual(["unknown"]);
    expect(await told("Products", "fail", { record: { ...record, ID: first + 1 }, attempted })).toEqual(["created"]);
    expect(await told("Products", "fail", { record })).toEqual(["failed"]);
  });

  it("holds a write to the ETag that was there when it was compared", async () => {
    const service = shop.service(version);
    const ID = first + 10;
    const { etag = "" } = await service.create("Products", { ID, name: "Bolt" });
    const id = String(ID);
    expect(await told("Products", "fail", { id, record: { name: "Nut" }, base: etag })).toEqual(["updated"]);
    expect(await told("Products", "fail", { id, record: { name: "Screw" }, base: etag })).toEqual(["conflict"]);
    expect(await told("Products", "ours", { id, deleted: true })).toEqual(["deleted"]);
    expect(await told("Products", "ours", { id, deleted: true })).toEqual(["deleted"]);
  });

  it("compares the records of a set without ETags by what they were", async () => {
    const service = shop.service(version);
    const ID = first + 20;
    await service.create("Orders", { ID, customer: "ACME" });
    const { record } = await service.read("Orders", ID);
    const base =
      createRecordWriter(() => Promise.reject(new Error("It is not asked."))).baseOf(record, "shop/Books") ?? "";
    const id = String(ID);
    expect(await told("Orders", "fail", { id, record: { customer: "LEE" }, base })).toEqual(["updated"]);
    expect(await told("Orders", "theirs", { id, record: { customer: "ACME" }, base })).toEqual(["kept"]);
  });

  it("takes for an id only what is one", () => {
    expect(keyOfId(words(), "Products", "42")).toEqual({ ID: 42 });
    for (const id of ["", "'42'", "42)/image", "42,43", "Other=42", "x", "42 "]) {
      expect(() => keyOfId(words(), "Products", id), id).toThrow(
        expect.objectContaining({ code: "VALIDATION_FAILED" }),
      );
    }
  });
});
