import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CapShop, startCapShop } from "../support/cap-shop.js";

let shop: CapShop;
beforeAll(async () => {
  shop = await startCapShop();
  const service = shop.service("v4");
  for (const ID of [1, 2, 3, 4, 5])
    await service.create("Products", { ID, name: `product ${ID}`, price: ID, stock: 10 });
});
afterAll(() => shop.close());

describe.each(["v4", "v2"] as const)("functions and actions of a CAP service in %s", (version) => {
  it("gives a value, with any character in a parameter", async () => {
    const name = "O'Neil / Söhne & Co? #1 100%";
    expect(await shop.service(version).invoke("greet", { name })).toEqual({ value: `Hello ${name}`, messages: [] });
  });

  it("gives a list of records, over all pages", async () => {
    const { value } = await shop.service(version).invoke("cheapest", { count: 5 });
    expect(value).toMatchObject([1, 2, 3, 4, 5].map((ID) => ({ ID })));
  });

  it("runs an action, with a result and without", async () => {
    const service = shop.service(version);
    expect((await service.invoke("renameAll", { name: "renamed" })).value).toBe(5);
    expect((await service.read("Products", 1)).record).toMatchObject({ name: "renamed" });
    expect(await service.invoke("doNothing")).toEqual({ value: undefined, messages: [] });
  });

  it("tells every message of an action that failed", async () => {
    await expect(shop.service(version).invoke("fail")).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      retryable: false,
      vendor: {
        status: 400,
        messages: expect.arrayContaining([
          expect.objectContaining({ severity: "error", code: "V1/302", message: "No such customer" }),
          expect.objectContaining({ severity: "error", code: "V1/043", message: "No such plant" }),
        ]),
      },
    });
  });

  it("calls a lock a conflict that passes", async () => {
    await expect(shop.service(version).invoke("lock")).rejects.toMatchObject({
      code: "CONFLICT",
      retryable: true,
      vendor: { code: "M3/024" },
    });
  });

  it("refuses what the metadata does not know, and sends nothing", async () => {
    const service = shop.service(version);
    const sent = shop.http.requests.length;
    await expect(service.invoke("greet", { nme: "x" })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(service.invoke("great")).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(service.invoke("restock", { amount: 1 }, { on: { set: "Orders", key: 1 } })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    expect(shop.http.requests).toHaveLength(sent);
  });
});

describe("bound functions and actions", () => {
  it("changes the record that an action is bound to, and asks a function of it", async () => {
    const service = shop.service("v4");
    const on = { set: "Products", key: 3 };
    const { etag } = await service.read("Products", 3);
    const { value, etag: newEtag } = await service.invoke("restock", { amount: 7 }, { on, ifMatch: etag ?? "*" });
    expect(value).toMatchObject({ ID: 3, stock: "17" });
    expect(newEtag).not.toBe(etag);
    expect((await service.invoke("Shop.stockAfter", { amount: 1 }, { on, ifMatch: "*" })).value).toBe(18);
  });

  it("are function imports with the key among their parameters in v2", async () => {
    const { value } = await shop.service("v2").invoke("Products_restock", { ID: 2, amount: 7 }, { ifMatch: "*" });
    expect(value).toMatchObject({ ID: 2 });
  });
});

describe("content of records", () => {
  const bytes = Buffer.from("89504e470d0a1a0a0001feff", "hex");
  const content = () => ({
    mediaType: "image/png",
    size: bytes.length,
    body: Readable.from([bytes.subarray(0, 4), bytes.subarray(4)]),
  });

  it("goes up and comes down as a stream, by property in v4 and as $value in v2", async () => {
    const [v4, v2] = [shop.service("v4"), shop.service("v2")];
    await v4.media.replace({ set: "Products", key: 4, property: "image" }, content(), { ifMatch: "*" });
    for (const [service, place] of [
      [v4, { set: "Products", key: 4, property: "image" }],
      [v2, { set: "Products", key: 4 }],
    ] as const) {
      const { mediaType, body } = await service.media.download(place);
      expect(mediaType).toMatch(/^image\/png/);
      expect(Buffer.concat(await Array.fromAsync(body))).toEqual(bytes);
    }
  });

  it("says that a record without content has none", async () => {
    const missing = shop.service("v4").media.download({ set: "Products", key: 99, property: "image" });
    await expect(missing).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
