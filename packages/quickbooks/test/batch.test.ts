import { describe, expect, it } from "vitest";
import type { BatchItem } from "../src/index.js";
import { faultOf, type StubAnswer, useStubs } from "./stub-intuit.js";

const start = useStubs();

const customer = (name: string): BatchItem => ({
  operation: "create",
  entity: "Customer",
  record: { DisplayName: name },
});
const madeOf = (from: number, count: number): StubAnswer => ({
  body: {
    // Intuit promises no order.
    BatchItemResponse: Array.from({ length: count }, (_, index) => ({
      bId: String(index + 1),
      Customer: { Id: String(from + index), SyncToken: "0" },
    })).reverse(),
  },
});

describe("a batch", () => {
  it("is split by 30, and its results come in the order of its items", async () => {
    const stub = await start(madeOf(0, 30), madeOf(30, 30), madeOf(60, 5));
    const results = await stub.connector.batch(Array.from({ length: 65 }, (_, index) => customer(`c${index}`)));
    expect(results.map((result) => result.ok && "record" in result && result.record.Id)).toEqual(
      Array.from({ length: 65 }, (_, index) => String(index)),
    );
    expect(stub.requests.map(({ body }) => JSON.parse(body).BatchItemRequest.length)).toEqual([30, 30, 5]);
    expect(new Set(stub.requests.map(({ query }) => query.get("requestid"))).size).toBe(3);
  });

  it("whose answer is lost is sent again with the same requestid", async () => {
    const stub = await start("cut", madeOf(0, 1));
    await stub.connector.batch([customer("c")], { idempotencyKey: "k" });
    const [first, second] = stub.requests.map(({ query }) => query.get("requestid"));
    expect(second).toBe(first);
  });

  it("fails as a whole where its key lets it go on: called again, what was done is asked for by its own requestid", async () => {
    const items = Array.from({ length: 31 }, (_, index) => customer(`c${index}`));
    const stub = await start(madeOf(0, 30), "cut", "cut", "cut", "cut", madeOf(0, 30), madeOf(30, 1));
    await expect(stub.connector.batch(items, { idempotencyKey: "k" })).rejects.toMatchObject({ retryable: true });
    const results = await stub.connector.batch(items, { idempotencyKey: "k" });
    expect(results.every(({ ok }) => ok)).toBe(true);
    const ids = stub.requests.map(({ query }) => query.get("requestid"));
    expect([ids[5], new Set(ids.slice(1, 5)).size, ids[6]]).toEqual([ids[0], 1, ids[1]]);
  });

  it("tells what became of each item", async () => {
    const stub = await start({
      body: {
        BatchItemResponse: [
          { bId: "1", ...faultOf("6240", "Duplicate Name Exists Error") },
          { bId: "2", QueryResponse: { Item: [{ Id: "1", UnitPrice: 9.5 }] } },
          { bId: "3", QueryResponse: {} },
        ],
      },
    });
    const results = await stub.connector.batch([
      customer("taken"),
      { operation: "query", query: "select * from Item" },
      { operation: "query", query: "select * from Item where Id = '0'" },
      customer("forgotten"),
    ]);
    expect(results).toEqual([
      { ok: false, error: expect.objectContaining({ code: "CONFLICT" }) },
      { ok: true, records: [{ Id: "1", UnitPrice: "9.5" }] },
      { ok: true, records: [] },
      { ok: false, error: expect.objectContaining({ code: "UNEXPECTED_RESPONSE" }) },
    ]);
  });

  it("that fails in the middle keeps what was done, and says what was not sent", async () => {
    const stub = await start(madeOf(0, 30), { status: 400, body: faultOf("2010") });
    const results = await stub.connector.batch(Array.from({ length: 70 }, (_, index) => customer(`c${index}`)));
    const codes = results.map((result) => (result.ok ? "ok" : result.error.code));
    expect(codes.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => "ok"));
    expect(codes.slice(30, 60)).toEqual(Array.from({ length: 30 }, () => "VENDOR_REJECTED"));
    expect(codes.slice(60)).toEqual(Array.from({ length: 10 }, () => "CANCELLED"));
    expect(stub.requests).toHaveLength(2);
  });

  it.each<[string, BatchItem]>([
    ["a deletion of a list's record", { operation: "delete", entity: "Customer", record: { Id: "1", SyncToken: "0" } }],
    ["an update without its SyncToken", { operation: "update", entity: "Invoice", record: { Id: "1" } }],
    ["an amount that is none", { operation: "create", entity: "Invoice", record: { Line: [{ Amount: "1,5" }] } }],
  ])("sends nothing at all when it holds %s", async (_case, item) => {
    const stub = await start(madeOf(0, 2));
    await expect(stub.connector.batch([customer("c"), item])).rejects.toHaveProperty("code");
    expect(stub.requests).toHaveLength(0);
  });
});
