import { randomBytes, randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { QuickbooksConnector } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";
import { faultOf, type StubAnswer, type StubIntuit, useStubs } from "./stub-intuit.js";

const start = useStubs();
const invoice = { Id: "145", SyncToken: "3", DocNumber: "1001", TotalAmt: 100.1 };
const found: StubAnswer = { body: { Invoice: invoice } };
const deleted: StubAnswer = { body: { Invoice: { Id: "145", status: "Deleted", domain: "QBO" } } };
const gone: StubAnswer = { status: 400, body: faultOf("610", "Object Not Found") };
const stale: StubAnswer = { status: 400, body: faultOf("5010", "Stale Object Error") };
const cut: StubAnswer = "cut";

const bodies = ({ requests }: StubIntuit) =>
  requests.filter(({ method }) => method === "POST").map(({ body }) => JSON.parse(body));
const keys = ({ requests }: StubIntuit) =>
  requests.filter(({ method }) => method === "POST").map(({ query }) => query.get("requestid"));

describe("a deletion", () => {
  it("with a SyncToken sends it and reads nothing, so that a change meanwhile is a conflict", async () => {
    const stub = await start(stale);
    const removal = stub.connector.delete("Invoice", { Id: "145", SyncToken: "2" });
    await expect(removal).rejects.toMatchObject({ code: "CONFLICT" });
    expect(bodies(stub)).toEqual([{ Id: "145", SyncToken: "2" }]);
  });

  it("without one is made again, under a key of its own, when the record was changed after it was read", async () => {
    const changed: StubAnswer = { body: { Invoice: { ...invoice, SyncToken: "4" } } };
    const stub = await start(found, stale, changed, deleted);
    await stub.connector.delete("Invoice", { Id: "145" }, { idempotencyKey: "k" });
    expect(bodies(stub).map(({ SyncToken }) => SyncToken)).toEqual(["3", "4"]);
    expect(new Set(keys(stub)).size).toBe(2);
  });

  it("of an attachment sends the whole record", async () => {
    const note = {
      Id: "9",
      SyncToken: "1",
      Note: "n",
      AttachableRef: [{ EntityRef: { type: "Invoice", value: "95" } }],
    };
    const stub = await start({ body: { Attachable: note } }, { body: { Attachable: { Id: "9", status: "Deleted" } } });
    expect(await stub.connector.delete("Attachable", { Id: "9" })).toMatchObject({ status: "Deleted" });
    expect(bodies(stub)).toEqual([note]);
  });

  it("of an attachment with a SyncToken is of that one", async () => {
    const stub = await start({ body: { Attachable: { Id: "9", SyncToken: "4", Note: "n" } } }, stale);
    const removal = stub.connector.delete("Attachable", { Id: "9", SyncToken: "1" });
    await expect(removal).rejects.toMatchObject({ code: "CONFLICT" });
    expect(bodies(stub)).toEqual([{ Id: "9", SyncToken: "1", Note: "n" }]);
  });
});

describe("a removal that is repeated with its key after a crash", () => {
  it("is answered by what the first try did", async () => {
    const stub = await start(found, cut, cut, cut, cut, gone, deleted);
    const remove = () => stub.connector.delete("Invoice", { Id: "145" }, { idempotencyKey: "k" });
    await expect(remove()).rejects.toMatchObject({ code: "VENDOR_UNAVAILABLE" });
    expect(await remove()).toMatchObject({ Id: "145", status: "Deleted" });
    expect(new Set(keys(stub)).size).toBe(1);
  });

  it("goes through the rounds of the first try again", async () => {
    const stub = await start(found, stale, found, cut, cut, cut, cut, gone, stale, gone, deleted);
    const remove = () => stub.connector.delete("Invoice", { Id: "145" }, { idempotencyKey: "k" });
    await expect(remove()).rejects.toMatchObject({ code: "VENDOR_UNAVAILABLE" });
    expect(await remove()).toMatchObject({ status: "Deleted" });
    const [first, second, , , , third, fourth] = keys(stub);
    expect([third, fourth]).toEqual([first, second]);
  });

  it("says so when Intuit knows of no first try", async () => {
    const stub = await start(gone);
    const removal = stub.connector.delete("Invoice", { Id: "145" }, { idempotencyKey: "k" });
    await expect(removal).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("knows of no delete with this idempotency key"),
      vendor: { code: "610" },
    });
    expect(stub.requests).toHaveLength(2);
  });

  it("sends nothing for a missing record without a key", async () => {
    const stub = await start(gone);
    await expect(stub.connector.delete("Invoice", { Id: "145" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(bodies(stub)).toEqual([]);
  });
});

describe("in the sandbox, a removal whose answers are all lost", () => {
  let sandbox: Awaited<ReturnType<typeof startSandbox>>;
  let quickbooks: QuickbooksConnector;
  beforeEach(async () => {
    sandbox = await startSandbox();
    // No pause between the tries.
    quickbooks = await connectedTo(sandbox, { random: { number: () => 0, bytes: randomBytes, uuid: randomUUID } });
  });
  afterEach(async () => {
    await quickbooks.close();
    await sandbox.close();
  });

  it.each([["delete"], ["void"]] as const)("(%s) tells its result when it is called again", async (verb) => {
    const [{ Id = "" } = {}] = await Array.fromAsync(quickbooks.query("select * from Invoice where Balance > '0'"));
    const remove = () => quickbooks[verb]("Invoice", { Id: String(Id) }, { idempotencyKey: "once" });
    sandbox.addFault({ method: "POST", path: `/v3/company/${sandbox.realmId}/invoice`, cutAfter: true, times: 4 });
    await expect(remove()).rejects.toMatchObject({ code: "VENDOR_UNAVAILABLE", retryable: true });
    expect(await remove()).toMatchObject(verb === "delete" ? { Id, status: "Deleted" } : { Id, Balance: "0" });
  });
});
