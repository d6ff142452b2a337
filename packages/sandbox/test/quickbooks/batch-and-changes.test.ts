import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { QuickbooksSandbox } from "../../src/index.js";
import { type Api, type Fields, faultOf, fieldsOf, listOf, openApi, startForTest } from "./client.js";

const start = Date.parse("2026-11-26T09:00:00Z");
const day = 24 * 60 * 60 * 1000;
let now = start;
const sandbox: QuickbooksSandbox = await startForTest({
  clock: () => now,
  companies: [{ realmId: "77", name: "Small", seed: false }],
});
let api: Api;

beforeEach(async () => {
  now = start;
  sandbox.reset();
  api = await openApi(sandbox);
});

afterAll(() => sandbox.close());

const customers = () => sandbox.records("77").all("Customer");
const itemsOf = (json: unknown): Fields[] => listOf(fieldsOf(json).BatchItemResponse);
const create = (bId: string, DisplayName: string) => ({ bId, operation: "create", Customer: { DisplayName } });

describe("a batch", () => {
  it("creates, updates, deletes and queries, one item after the other", async () => {
    const made = await api.create("Customer", { DisplayName: "Ann" });
    const answer = await api.post("/batch", {
      BatchItemRequest: [
        create("a", "Bob"),
        { bId: "b", operation: "update", Customer: { Id: made.Id, SyncToken: "0", sparse: true, Notes: "x" } },
        { bId: "c", operation: "update", Customer: { Id: made.Id, SyncToken: "0", sparse: true } },
        { bId: "d", operation: "delete", Invoice: { Id: "9", SyncToken: "0" } },
        { bId: "e", Query: "select count(*) from Customer" },
        { bId: "f", Query: "select from nowhere" },
        { bId: "g" },
      ],
    });
    expect(answer.status).toBe(200);
    expect(itemsOf(answer.json)).toMatchObject([
      { bId: "a", Customer: { DisplayName: "Bob" } },
      { bId: "b", Customer: { Notes: "x", SyncToken: "1" } },
      { bId: "c", Fault: { Error: [{ code: "5010" }], type: "ValidationFault" } },
      { bId: "d", Fault: { Error: [{ code: "610" }] } },
      { bId: "e", QueryResponse: { totalCount: 2 } },
      { bId: "f", Fault: { Error: [{ code: "4000" }] } },
      { bId: "g", Fault: { Error: [{ code: "2010" }] } },
    ]);
  });

  it("takes thirty items and not one more", async () => {
    const items = (count: number) => Array.from({ length: count }, (_, index) => create(String(index), `C${index}`));
    expect((await api.post("/batch", { BatchItemRequest: items(31) })).status).toBe(400);
    expect(customers()).toHaveLength(0);
    expect((await api.post("/batch", { BatchItemRequest: items(30) })).status).toBe(200);
    expect(customers()).toHaveLength(30);
  });
});

describe("a requestid", () => {
  it("brings the first answer back, whatever is asked the second time", async () => {
    const first = await api.post("/customer?requestid=r-1", { DisplayName: "Once" });
    const second = await api.post("/customer?requestid=r-1", { DisplayName: "Other" });
    expect(second.json).toEqual(first.json);
    expect(customers()).toHaveLength(1);
  });

  it("brings a fault back too", async () => {
    expect(faultOf(await api.post("/customer?requestid=r-2", {}))).toBe("400/6080");
    expect(faultOf(await api.post("/customer?requestid=r-2", { DisplayName: "Late" }))).toBe("400/6080");
    expect(customers()).toHaveLength(0);
  });

  it("may have fifty characters", async () => {
    const answer = await api.post(`/customer?requestid=${"x".repeat(51)}`, { DisplayName: "Late" });
    expect(faultOf(answer)).toBe("400/2130");
  });

  it("lets one of many that arrive together take effect, records and batches alike", async () => {
    const body = { BatchItemRequest: [create("1", "Batched"), create("2", "Batched too")] };
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => api.post("/customer?requestid=r-3", { DisplayName: "Together" })),
      ...Array.from({ length: 10 }, () => api.post("/batch?requestid=r-4", body)),
    ]);
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(2);
    expect(
      customers()
        .map((record) => record.DisplayName)
        .toSorted(),
    ).toEqual(["Batched", "Batched too", "Together"]);
  });

  it("tells after a lost answer what became of the write", async () => {
    sandbox.addFault({ method: "POST", cutAfter: true });
    await expect(api.post("/customer?requestid=r-5", { DisplayName: "Lost" })).rejects.toThrow();
    const again = await api.post("/customer?requestid=r-5", { DisplayName: "Lost" });
    expect(again.json).toMatchObject({ Customer: { DisplayName: "Lost", SyncToken: "0" } });
    expect(customers()).toHaveLength(1);
  });
});

describe("change data capture", () => {
  const changes = async (entities: string, since: string): Promise<Fields[]> => {
    const answer = await api.get(`/cdc?entities=${entities}&changedSince=${encodeURIComponent(since)}`);
    if (answer.status !== 200) throw new Error(answer.text);
    return listOf(listOf(fieldsOf(answer.json).CDCResponse)[0]?.QueryResponse);
  };

  it("gives whole records of each entity that was asked for, and an empty object where nothing changed", async () => {
    await api.create("Customer", { DisplayName: "Before" });
    now += 60_000;
    await api.create("Customer", { DisplayName: "After" });
    const [customer, vendor] = await changes("Customer,Vendor", "2026-11-26T01:00:30-08:00");
    expect(customer).toMatchObject({ Customer: [{ DisplayName: "After" }], startPosition: 1, maxResults: 1 });
    expect(vendor).toEqual({});
  });

  it("tells of deletions, and no more of what the record was", async () => {
    const note = await api.create("Attachable", { Note: "gone soon" });
    await api.post("/attachable?operation=delete", { Id: note.Id, SyncToken: "0" });
    const [response] = await changes("Attachable", "2026-11-26T09:00:00Z");
    expect(response?.Attachable).toEqual([
      { domain: "QBO", status: "Deleted", Id: note.Id, MetaData: { LastUpdatedTime: "2026-11-26T01:00:00-08:00" } },
    ]);
  });

  it("stops at a thousand objects", async () => {
    for (let batch = 0; batch < 34; batch += 1) {
      const items = Array.from({ length: 30 }, (_, index) => create(String(index), `C${batch}-${index}`));
      await api.post("/batch", { BatchItemRequest: items });
    }
    const [response] = await changes("Customer", "2026-11-26T09:00:00Z");
    expect(response).toMatchObject({ maxResults: 1000 });
    expect(customers()).toHaveLength(1020);
  });

  it.each([
    ["", "2026-11-26", "400/2020"],
    ["Dragon", "2026-11-26", "400/2000"],
    ["Customer", "yesterday", "400/2060"],
    ["Customer", new Date(start - 31 * day).toISOString(), "400/2190"],
  ])("refuses %j since %s", async (entities, since, fault) => {
    expect(faultOf(await api.get(`/cdc?entities=${entities}&changedSince=${since}`))).toBe(fault);
  });
});
