import type { ConflictPolicy, EntityChange, RecordWrite } from "@isthmus/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SapConnector } from "../../src/index.js";
import { must, type OpenSap, openSap } from "./open-sap.js";

let open: OpenSap;
let sap: SapConnector;

beforeAll(async () => {
  open = await openSap();
});
afterAll(async () => {
  await sap.close();
  await open.sandbox.close();
});
beforeEach(() => {
  open.sandbox.reset();
  sap = open.connect();
});

const signal = new AbortController().signal;

describe.each([
  { service: "orders", set: "A_SalesOrder", items: "to_Item" },
  { service: "orders-v4", set: "SalesOrder", items: "_Item" },
] as const)("writing sales orders in bulk by $service", ({ service, set, items }) => {
  const entity = `${service}/${set}`;
  const writer = () => must(sap.entities.writer);
  const write = (policy: ConflictPolicy, ...records: Partial<RecordWrite>[]) =>
    writer().write(
      entity,
      records.map((record, index) => ({ key: `run/${index}`, deleted: false, attempted: false, ...record })),
      { policy, signal },
    );
  const told = async (...given: Parameters<typeof write>) =>
    (await write(...given)).map((each) => ("error" in each ? `${each.outcome} ${each.error.code}` : each.outcome));
  const orderFor = (reference: string) => ({
    SoldToParty: "17100001",
    PurchaseOrderByCustomer: reference,
    [items]: [{ Material: "TG11", RequestedQuantity: "2" }],
  });
  /** As a sync would store them, in the order of the set. */
  const read = async (): Promise<EntityChange[]> => {
    const changes: EntityChange[] = [];
    for await (const batch of must(sap.entities.read)(entity, undefined, signal)) changes.push(...batch.changes);
    return JSON.parse(JSON.stringify(changes));
  };
  const referenceOf = async (id: string) =>
    (await read()).find((each) => each.id === id)?.record?.PurchaseOrderByCustomer;
  const change = async ({ record }: EntityChange, reference: string) => {
    const orders = await sap.odata(service);
    const changes = { PurchaseOrderByCustomer: reference };
    await orders.update(set, String(must(record).SalesOrder), changes, { ifMatch: "*" });
  };
  const count = () => open.sandbox.state.salesOrders.list().length;
  const mine = { PurchaseOrderByCustomer: "MINE" };

  it("creates, changes and deletes, each by itself, with an outcome for each", async () => {
    const [changed, gone] = await read();
    const outcomes = await write(
      "ours",
      { record: orderFor("NEW") },
      { id: must(changed).id, record: mine },
      { id: must(gone).id, deleted: true },
      { id: must(changed).id.replace(/\d+/, "999999"), record: mine },
      { record: { SoldToParty: "nobody" } },
      { record: { NoSuchProperty: "x" } },
      { id: "1')/x", record: mine },
    );
    expect(outcomes).toMatchObject([
      { outcome: "created", id: expect.stringContaining("'") },
      { outcome: "updated", id: must(changed).id },
      { outcome: "deleted", id: must(gone).id },
      { outcome: "failed", error: { code: "NOT_FOUND" } },
      { outcome: "failed" },
      { outcome: "failed", error: { code: "VALIDATION_FAILED" } },
      { outcome: "failed", error: { code: "VALIDATION_FAILED" } },
    ]);
    expect(count()).toBe(60);
    expect(await referenceOf(must(changed).id)).toBe("MINE");
  });

  it.each([
    ["theirs", "kept"],
    ["fail", "conflict"],
    ["ours", "updated"],
  ] as const)("leaves to the policy what was changed meanwhile: %s", async (policy, outcome) => {
    const [changed, same, equal] = (await read()).map((each) => ({
      ...each,
      base: writer().baseOf(must(each.record), entity),
    }));
    await change(must(changed), "THEIRS");
    const records = [changed, same, equal].map((each) => {
      const record = each === equal ? { PurchaseOrderByCustomer: must(each?.record).PurchaseOrderByCustomer } : mine;
      return { id: must(each).id, record, base: must(must(each).base) };
    });
    const isOurs = policy === "ours";
    expect(await told(policy, ...records)).toEqual([outcome, "updated", isOurs ? "updated" : "unchanged"]);
    expect(await referenceOf(must(changed).id)).toBe(isOurs ? "MINE" : "THEIRS");
    expect(await referenceOf(must(same).id)).toBe("MINE");
  });

  it("compares with an ETag as well", async () => {
    const [first] = await read();
    const { etag } = await (await sap.odata(service)).read(set, String(must(must(first).record).SalesOrder));
    const record = { id: must(first).id, record: mine, base: must(etag) };
    expect(await told("fail", record)).toEqual(["updated"]);
    expect(await told("fail", { ...record, record: { PurchaseOrderByCustomer: "X" } })).toEqual(["conflict"]);
  });

  it("lets nobody slip in between its look and its write", async () => {
    const [first] = await read();
    const { id, record } = must(first);
    const batches = () => open.sandbox.requests().filter(({ path }) => path.endsWith("$batch")).length;
    const before = batches();
    open.sandbox.addFault({ pathPattern: "batch", skip: 1, delayMs: 200 });
    const writing = told("fail", { id, record: mine, base: must(writer().baseOf(must(record), entity)) });
    await expect.poll(batches, { interval: 5 }).toBe(before + 2);
    await change(must(first), "THEIRS");
    expect(await writing).toEqual(["conflict"]);
    expect(await referenceOf(id)).toBe("THEIRS");
  });

  it("finds records by another property, and creates with it what is not there", async () => {
    const externalId = { field: "PurchaseOrderByCustomer", value: "PO-4711" };
    const { PurchaseOrderByCustomer: _, ...record } = orderFor("");
    expect(await told("fail", { externalId, record })).toEqual(["created"]);
    expect(await told("fail", { externalId, record })).toEqual(["conflict"]);
    expect(await told("theirs", { externalId, record })).toEqual(["kept"]);
    expect(await told("ours", { externalId, record: mine })).toEqual(["updated"]);
    expect(count()).toBe(61);
  });

  it("asks what became of what was on its way, and doubles nothing", async () => {
    const [changed, other] = (await read()).map((each) => ({
      ...each,
      base: must(writer().baseOf(must(each.record), entity)),
    }));
    open.sandbox.addFault({ pathPattern: "batch", skip: 1, cutAfter: true });
    const record = { id: must(changed).id, record: mine, base: must(changed).base };
    expect(await write("fail", record, { record: orderFor("NEW") })).toMatchObject([
      { outcome: "again", attempted: true },
      { outcome: "unknown", error: { code: "OUTCOME_UNKNOWN" } },
    ]);
    expect(count()).toBe(61);
    const attempted = { attempted: true };
    await change(must(other), "THEIRS");
    const outcomes = await told(
      "fail",
      { ...record, ...attempted },
      { id: must(other).id, record: mine, base: must(other).base, ...attempted },
      { record: orderFor("NEW"), ...attempted },
    );
    expect(outcomes).toEqual(["updated", "unknown OUTCOME_UNKNOWN", "unknown OUTCOME_UNKNOWN"]);
    expect(count()).toBe(61);
  });
});
