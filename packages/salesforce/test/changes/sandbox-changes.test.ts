import type { EntityChange, EntityCursor } from "@isthmus/core";
import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SalesforceConnector } from "../../src/index.js";
import { connectedTo, startSandbox } from "../connect.js";

let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;
/** Milliseconds by which the sandbox's clock differs from ours: its present is over when a test reads. */
let offsetMs: number;

beforeEach(async () => {
  offsetMs = -150_000;
  sandbox = await startSandbox({ seed: false, clock: () => Date.now() + offsetMs });
  connector = await connectedTo(sandbox);
});
afterEach(async () => {
  await connector.close();
  await sandbox.close();
});

/** A table that follows an object. */
class Replica {
  readonly records = new Map<string, Readonly<Record<string, unknown>>>();
  cursor: EntityCursor | undefined;

  async read(sobject: string, options: { readonly batchSize?: number } = {}): Promise<EntityChange[]> {
    const given: EntityChange[] = [];
    for await (const batch of connector.changes.read(sobject, this.cursor, options)) {
      for (const change of batch.changes) {
        if (change.record) this.records.set(change.id, change.record);
        else this.records.delete(change.id);
      }
      given.push(...batch.changes);
      this.cursor = batch.cursor;
    }
    return given;
  }
}

const names = (replica: Replica) => [...replica.records.values()].map(({ Name }) => Name).sort();

describe("changes.read", () => {
  it("reads everything with every field, then what was changed and deleted", async () => {
    const replica = new Replica();
    const [a, b, c] = await Promise.all(["A", "B", "C"].map((Name) => connector.create("Account", { Name })));
    await replica.read("Account");
    expect(names(replica)).toEqual(["A", "B", "C"]);
    const first = replica.records.get(a?.id ?? "");
    expect(first).toMatchObject({ Name: "A", Industry: null, SystemModstamp: expect.any(String) });
    // Its parts are fields of their own.
    expect(first).not.toHaveProperty("BillingAddress");
    expect(first).toHaveProperty("BillingCity");
    await connector.update("Account", a?.id ?? "", { Name: "A2" });
    await connector.delete("Account", b?.id ?? "");
    const given = await replica.read("Account");
    expect(given.map(({ id, deleted }) => [id, deleted])).toEqual([
      [a?.id, false],
      [b?.id, true],
    ]);
    expect(names(replica)).toEqual(["A2", "C"]);
    expect(await replica.read("Account")).toEqual([]);
    expect(replica.records.has(c?.id ?? "")).toBe(true);
  });

  it("finds what left no row behind, and what was brought back", async () => {
    // The log tells whole minutes: what happened in this one, the next read is told.
    const [gone, back] = await connector.collections.create("Lead", [
      { LastName: "Gone", Company: "For good" },
      { LastName: "Back", Company: "Again" },
    ]);
    const replica = new Replica();
    await replica.read("Lead");
    expect(replica.records.size).toBe(2);
    const loaded = await connector.bulk.hardDelete("Lead", [{ Id: gone?.id ?? "" }]);
    expect(loaded).toMatchObject({ failed: 0 });
    await connector.delete("Lead", back?.id ?? "");
    await connector.undelete("Lead", back?.id ?? "");
    offsetMs = 0;
    await replica.read("Lead");
    expect([...replica.records.keys()]).toEqual([back?.id]);
  });

  it("goes on after any batch, whatever is cut", async () => {
    await connector.collections.create(
      "Lead",
      Array.from({ length: 1_150 }, (_unused, index) => ({ LastName: `${index}`, Company: "Paged" })),
    );
    const replica = new Replica();
    sandbox.addFault({ pathPattern: "/queryAll", skip: 2, cutBody: true });
    sandbox.addFault({ pathPattern: "/queryAll", skip: 3, status: 503, times: 10 });
    await expect(replica.read("Lead", { batchSize: 200 })).rejects.toMatchObject({ code: "VENDOR_UNAVAILABLE" });
    sandbox.clearFaults();
    expect(replica.records.size).toBeLessThan(1_150);
    await replica.read("Lead", { batchSize: 200 });
    expect(replica.records.size).toBe(1_150);
  });

  it("asks for every field at once, 200 records a time, where their names do not fit into an address", async () => {
    await connector.collections.create(
      "Account",
      Array.from({ length: 450 }, (_unused, index) => ({ Name: `${index}` })),
    );
    const replica = new Replica();
    const fields = Array.from({ length: 400 }, (_unused, index) => `A_field_with_quite_a_long_name_${index}__c`);
    for await (const { changes } of connector.changes.read("Account", undefined, { fields })) {
      for (const { id, record } of changes) replica.records.set(id, record ?? {});
    }
    expect(replica.records.size).toBe(450);
    expect([...replica.records.values()].some((record) => "BillingAddress" in record)).toBe(false);
    const queries = sandbox.requests({ path: "/services/data/v60.0/queryAll" });
    expect(queries).toHaveLength(3);
    expect(Math.max(...queries.map(({ path }) => path.length))).toBeLessThan(12_000);
  });

  it("begins in the past: what was changed since and lives, and goes on from there", async () => {
    offsetMs = -600_000;
    const old = await connector.create("Account", { Name: "Old" });
    const touched = await connector.create("Account", { Name: "Touched" });
    offsetMs = -300_000;
    const sinceMs = Date.now() - 400_000;
    await connector.update("Account", touched.id, { Name: "Touched since" });
    const gone = await connector.create("Account", { Name: "Gone" });
    await connector.create("Account", { Name: "New" });
    await connector.delete("Account", gone.id);
    offsetMs = -150_000;
    expect(await connector.changes.count("Account")).toBe(3);
    expect(await connector.changes.count("Account", sinceMs)).toBe(2);
    const replica = new Replica();
    replica.cursor = await connector.changes.startAt("Account", sinceMs);
    await replica.read("Account");
    expect(names(replica)).toEqual(["New", "Touched since"]);
    await connector.update("Account", old.id, { Name: "Old no more" });
    await replica.read("Account");
    expect(names(replica)).toEqual(["New", "Old no more", "Touched since"]);
  });

  it("refuses a field's name that is none, and an object that is not there", async () => {
    const badField = connector.changes.read("Account", undefined, { fields: ["Name FROM User --"] });
    await expect(badField.next()).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(connector.changes.read("Nothing__c", undefined).next()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("changes.subscribe", () => {
  beforeEach(() => {
    offsetMs = 0;
  });

  it("gives whole records, though events of updates carry the changed fields only", async () => {
    const { id } = await connector.create("Account", { Name: "Whole", Industry: "Energy" });
    const batches = connector.changes.subscribe("Account", undefined);
    expect(await batches.next()).toMatchObject({ value: { changes: [] } });
    await connector.update("Account", id, { NumberOfEmployees: 3 });
    const first = await nextChanges(batches);
    expect(first.changes).toMatchObject([
      { id, deleted: false, record: { Name: "Whole", Industry: "Energy", NumberOfEmployees: 3 } },
    ]);
    await batches.return();
    await connector.delete("Account", id);
    const resumed = connector.changes.subscribe("Account", first.cursor);
    expect((await nextChanges(resumed)).changes).toMatchObject([{ id, deleted: true }]);
    await resumed.return();
  });

  it("loses nothing between the end of one subscription without events and the next", async () => {
    const quiet = connector.changes.subscribe("Account", undefined);
    const { value } = await quiet.next();
    await quiet.return();
    const { id } = await connector.create("Account", { Name: "Meanwhile" });
    const resumed = connector.changes.subscribe("Account", value?.cursor);
    expect((await nextChanges(resumed)).changes).toMatchObject([{ id, record: { Name: "Meanwhile" } }]);
    await resumed.return();
  });

  it("says that everything has to be read where Salesforce does not tell each change", async () => {
    const batches = connector.changes.subscribe("Account", undefined);
    await batches.next();
    sandbox.publishGap({ changeType: "GAP_OVERFLOW", entityName: "Account" });
    await expect(nextChanges(batches)).rejects.toMatchObject({ code: "CURSOR_EXPIRED" });
  });

  it("refuses a cursor of a read", async () => {
    const replica = new Replica();
    await replica.read("Account");
    const batches = connector.changes.subscribe("Account", replica.cursor);
    await expect(batches.next()).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
});

async function nextChanges(batches: ReturnType<SalesforceConnector["changes"]["subscribe"]>) {
  for (;;) {
    const { value, done } = await batches.next();
    if (done) throw new Error("The subscription came to an end.");
    if (value.changes.length > 0) return value;
  }
}
