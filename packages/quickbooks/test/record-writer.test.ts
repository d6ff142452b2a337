import type { ConflictPolicy, RecordWrite } from "@isthmus/core";
import type { QuickbooksSandbox } from "@isthmus/sandbox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type QuickbooksConnector, quickbooks } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

describe("writing records in bulk", () => {
  let sandbox: QuickbooksSandbox;
  let connector: QuickbooksConnector;

  beforeEach(async () => {
    sandbox = await startSandbox();
    connector = await connectedTo(sandbox);
  });
  afterEach(async () => {
    await connector.close();
    await sandbox.close();
  });

  const signal = new AbortController().signal;
  const writer = () => {
    const found = quickbooks.entities?.(connector).writer;
    if (found === undefined) throw new Error("It writes.");
    return found;
  };
  const write = (entity: string, policy: ConflictPolicy, ...records: Partial<RecordWrite>[]) =>
    writer().write(
      entity,
      records.map((record, index) => ({ key: `run/${index}`, deleted: false, attempted: false, ...record })),
      { policy, signal },
    );
  const told = async (...given: Parameters<typeof write>) =>
    (await write(...given)).map((each) => ("error" in each ? `${each.outcome} ${each.error.code}` : each.outcome));
  const create = (DisplayName: string) => connector.create("Customer", { DisplayName });
  const customers = async () => (await Array.fromAsync(connector.query("select * from Customer"))).length;
  const batches = () => sandbox.requests().filter(({ path }) => path.includes("/batch"));

  it("creates, changes and makes inactive, in one request, with an outcome for each", async () => {
    const [changed, gone] = [await create("Amber"), await create("Basil")];
    const outcomes = await write(
      "Customer",
      "ours",
      { record: { DisplayName: "Clove" } },
      { id: changed.Id, record: { CompanyName: "Amber Ltd" } },
      { id: gone.Id, deleted: true },
      { id: "999999", record: { CompanyName: "Nobody" } },
      { record: { DisplayName: "Amber" } },
      { id: "1/../2", record: {} },
    );
    expect(outcomes).toMatchObject([
      { outcome: "created", id: expect.stringMatching(/^\d+$/) },
      { outcome: "updated", id: changed.Id },
      { outcome: "deleted", id: gone.Id },
      { outcome: "failed", error: { code: "NOT_FOUND" } },
      { outcome: "failed", error: { code: "CONFLICT" } },
      { outcome: "failed", error: { code: "VALIDATION_FAILED" } },
    ]);
    expect(batches()).toHaveLength(1);
    expect(await connector.read("Customer", changed.Id)).toMatchObject({
      CompanyName: "Amber Ltd",
      DisplayName: "Amber",
    });
  });

  it.each([
    ["theirs", "kept"],
    ["fail", "conflict"],
    ["ours", "updated"],
  ] as const)("leaves to the policy what was changed meanwhile, by its SyncToken: %s", async (policy, outcome) => {
    for (const [entity, fields] of [
      ["Customer", { CompanyName: "Mine" }],
      ["Vendor", { CompanyName: "Mine" }], // which Intuit merges nothing of
    ] as const) {
      const [changed, same] = [
        await connector.create(entity, { DisplayName: `Amber ${entity}`, Notes: "kept" }),
        await connector.create(entity, { DisplayName: `Basil ${entity}`, Notes: "kept" }),
      ];
      const base = writer().baseOf(changed, "Customer");
      await connector.update(entity, { Id: changed.Id, CompanyName: "Theirs" }, { sparse: true });
      const records = [changed, same].map(({ Id }) => ({
        key: `${entity}/${Id}`,
        id: Id,
        record: fields,
        ...(base && { base }),
      }));
      expect(await told(entity, policy, ...records), entity).toEqual([outcome, "updated"]);
      const company = policy === "ours" ? "Mine" : "Theirs";
      expect(await connector.read(entity, changed.Id)).toMatchObject({ CompanyName: company, Notes: "kept" });
    }
  });

  it("finds records by a field, and creates with it what is not there", async () => {
    const externalId = { field: "DisplayName", value: "Amber" };
    const record = { CompanyName: "Amber Ltd" };
    expect(await told("Customer", "fail", { externalId, record })).toEqual(["created"]);
    const again = { externalId, record, key: "other" };
    expect(await told("Customer", "fail", again)).toEqual(["conflict"]);
    expect(await told("Customer", "theirs", { ...again, key: "third" })).toEqual(["kept"]);
    expect(await told("Customer", "ours", { ...again, key: "fourth" })).toEqual(["updated"]);
    const base = "1";
    expect(await told("Customer", "fail", { ...again, base, key: "fifth" })).toEqual(["updated"]);
  });

  it("is answered by what was done the first time when a batch comes again after a crash, whatever has changed since", async () => {
    const before = await customers();
    const changed = await create("Amber");
    const records = [
      { record: { DisplayName: "Basil" } },
      { id: changed.Id, record: { CompanyName: "Mine" }, base: "0" },
      { externalId: { field: "DisplayName", value: "Clove" }, record: {} },
    ];
    const first = await write("Customer", "fail", ...records);
    await connector.update("Customer", { Id: changed.Id, CompanyName: "Theirs" }, { sparse: true });
    const again = await write("Customer", "fail", ...records.map((record) => ({ ...record, attempted: true })));
    expect(first.map(({ outcome }) => outcome)).toEqual(["created", "updated", "created"]);
    expect(again).toEqual(first);
    expect(await customers()).toBe(before + 3);
    expect(await connector.read("Customer", changed.Id)).toMatchObject({ CompanyName: "Theirs" });
  });

  it("asks to be called again when no try of a batch was answered, and then doubles nothing", async () => {
    const before = await customers();
    sandbox.addFault({ pathPattern: "/batch", times: 4, cutAfter: true });
    const records = ["Amber", "Basil"].map((DisplayName) => ({ record: { DisplayName } }));
    expect(await write("Customer", "fail", ...records)).toMatchObject([
      { outcome: "again", attempted: true },
      { outcome: "again", attempted: true },
    ]);
    const attempted = records.map((record) => ({ ...record, attempted: true }));
    expect(await told("Customer", "fail", ...attempted)).toEqual(["created", "created"]);
    expect(await customers()).toBe(before + 2);
  });

  it("reads and writes again what is changed in between, where it overwrites", async () => {
    const customer = await create("Amber");
    sandbox.addFault({ pathPattern: "/batch", delayMs: 200 });
    const writing = told("Customer", "ours", { id: customer.Id, record: { CompanyName: "Mine" } });
    await expect.poll(() => batches().length, { interval: 5 }).toBe(1);
    await connector.update("Customer", { Id: customer.Id, Notes: "Theirs" }, { sparse: true });
    expect(await writing).toEqual(["updated"]);
    expect(batches()).toHaveLength(2);
    expect(await connector.read("Customer", customer.Id)).toMatchObject({ CompanyName: "Mine", Notes: "Theirs" });
  });

  it("throws before anything is written what concerns all of them", async () => {
    await expect(write("Nothing", "ours", { record: {} })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    sandbox.addFault({ pathPattern: "/query", times: 10, status: 503 });
    const record = { id: (await create("Amber")).Id, record: { CompanyName: "x" } };
    await expect(write("Customer", "ours", record)).rejects.toMatchObject({ code: "VENDOR_UNAVAILABLE" });
    expect(batches()).toHaveLength(0);
  });
});
