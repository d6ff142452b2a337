import { describe, expect, it } from "vitest";
import { faultOf, type StubAnswer, type StubIntuit, useStubs } from "./stub-intuit.js";

const start = useStubs();

const invoice = { Id: "145", SyncToken: "0", DocNumber: "1001", TotalAmt: 100.1 };
const created: StubAnswer = { body: { Invoice: invoice, time: "2026-01-01T00:00:00Z" } };
const input = { CustomerRef: { value: "1" }, Line: [{ Amount: "100.10", DetailType: "SalesItemLineDetail" }] };
const requestIds = ({ requests }: StubIntuit) => requests.map(({ query }) => query.get("requestid"));

describe("a write", () => {
  it("names the company, the minor version and a requestid, and sends amounts as they are given", async () => {
    const stub = await start(created);
    await stub.connector.create("Invoice", input);
    const [{ path, query, body, headers }] = stub.requests as [(typeof stub.requests)[number]];
    expect(path).toBe("/v3/company/4620816365/invoice");
    expect(query.get("minorversion")).toBe("75");
    expect(query.get("requestid")).toMatch(/^[0-9a-f-]{36}$/);
    expect(body).toContain('"Amount":100.10,');
    expect(headers.authorization).toBe("Bearer token-1");
  });

  it.each<[string, StubAnswer]>([
    ["is cut", "cut"],
    ["is a 503", { status: 503, body: "<html>busy</html>", headers: { "content-type": "text/html" } }],
    ["is a 500", { status: 500, body: faultOf("10000", "An application error has occurred", "SystemFault") }],
  ])("whose answer %s is sent again with the same requestid", async (_case, failure) => {
    const stub = await start(failure, created);
    expect(await stub.connector.create("Invoice", input)).toMatchObject({ Id: "145", TotalAmt: "100.1" });
    const [first, second] = requestIds(stub);
    expect(second).toBe(first);
    expect(stub.requests[1]?.body).toBe(stub.requests[0]?.body);
  });

  it("that is never answered is OUTCOME_UNKNOWN, and says by which requestid it can be repeated", async () => {
    const stub = await start("cut");
    const failure = await stub.connector.create("Invoice", input).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "OUTCOME_UNKNOWN", retryable: false });
    expect(failure).toHaveProperty("reconcile", expect.stringContaining(requestIds(stub)[0] ?? "none"));
    expect(stub.requests).toHaveLength(4);
  });

  it("with a key of the caller's that is never answered may be called again, and has the same requestid then", async () => {
    const stub = await start("cut", "cut", "cut", "cut", created);
    const write = () => stub.connector.create("Invoice", input, { idempotencyKey: "order 4711" });
    await expect(write()).rejects.toMatchObject({ code: "VENDOR_UNAVAILABLE", retryable: true });
    expect(await write()).toMatchObject({ Id: "145" });
    expect(new Set(requestIds(stub)).size).toBe(1);
    expect((requestIds(stub)[0] ?? "").length).toBeLessThanOrEqual(50);
  });

  it("that nobody could have seen is not in doubt", async () => {
    const stub = await start({ status: 503, body: "" });
    await expect(stub.connector.create("Invoice", input)).rejects.toMatchObject({ code: "VENDOR_UNAVAILABLE" });
  });

  it("that was in doubt stays so when the last answer is a 429", async () => {
    const stub = await start("cut", { status: 429, body: "" });
    await expect(stub.connector.create("Invoice", input)).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  it("that is refused is not repeated, and a later answer decides an earlier doubt", async () => {
    const stub = await start("cut", { status: 400, body: faultOf("6140", "Duplicate Document Number Error") });
    await expect(stub.connector.create("Invoice", input)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(stub.requests).toHaveLength(2);
  });

  it("that is ended by its caller while it waits to be repeated is OUTCOME_UNKNOWN", async () => {
    const stub = await start("cut");
    const ending = new AbortController();
    const sleep = async (_ms: number, signal?: AbortSignal) => {
      ending.abort();
      signal?.throwIfAborted();
    };
    const connector = stub.connect({ clock: { now: () => stub.clock.now(), sleep } });
    const writing = connector.create("Invoice", input, { signal: ending.signal });
    await expect(writing).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(stub.requests).toHaveLength(1);
    await connector.close();
  });

  it("with the idempotency of payments in the header", async () => {
    const stub = await start("cut", { status: 201, body: { id: "E1", status: "CAPTURED", amount: "10.55" } });
    const charge = await stub.connector.payments.createCharge({ amount: "10.55", token: "tok" });
    expect(charge).toMatchObject({ id: "E1", amount: "10.55" });
    const keys = stub.requests.map(({ headers }) => headers["request-id"]);
    expect(keys[0]).toBeTruthy();
    expect(keys[1]).toBe(keys[0]);
    expect(stub.requests[0]?.path).toBe("/quickbooks/v4/payments/charges");
  });
});

describe("a sparse update", () => {
  const stale: StubAnswer = { status: 400, body: faultOf("5010", "Stale Object Error") };

  it("of a record that was changed meanwhile is made again on what it has become, under a key of its own", async () => {
    const latest: StubAnswer = { body: { Invoice: { ...invoice, SyncToken: "7" } } };
    const stub = await start(stale, latest, created);
    await stub.connector.update(
      "Invoice",
      { Id: "145", SyncToken: "0", PrivateNote: "x" },
      { sparse: true, idempotencyKey: "k" },
    );
    const [first, , second] = stub.requests;
    expect(JSON.parse(second?.body ?? "")).toEqual({ Id: "145", SyncToken: "7", PrivateNote: "x", sparse: true });
    expect(second?.query.get("requestid")).not.toBe(first?.query.get("requestid"));
  });

  it("gives up in time", async () => {
    const stub = await start(stale, ...Array.from({ length: 3 }, (): StubAnswer[] => [created, stale]).flat());
    const update = stub.connector.update("Invoice", { Id: "145", SyncToken: "0" }, { sparse: true });
    await expect(update).rejects.toMatchObject({ code: "CONFLICT", vendor: { code: "5010" } });
  });

  it("does not change what it is given", async () => {
    const stub = await start(created);
    const record = Object.freeze({ Id: "145", SyncToken: "0" });
    await stub.connector.update("Invoice", record, { sparse: true });
    expect(record).toEqual({ Id: "145", SyncToken: "0" });
  });
});

describe("a sparse update of an entity that has only a full one at Intuit", () => {
  const vendor = { Id: "7", SyncToken: "3", DisplayName: "Nordwind", Balance: 12.5, New: { On: true }, sparse: false };
  const latest: StubAnswer = { body: { Vendor: vendor } };

  it("sends the record as it is read, with the fields that are given", async () => {
    const stub = await start(latest, latest);
    const change = { Id: "7", SyncToken: "1", DisplayName: "Nordwind GmbH" };
    await stub.connector.update("Vendor", change, { sparse: true });
    expect(stub.requests.map(({ method }) => method)).toEqual(["GET", "POST"]);
    expect(JSON.parse(stub.requests[1]?.body ?? "")).toEqual({ ...vendor, DisplayName: "Nordwind GmbH" });
  });

  it("reads and merges again when it was changed in between", async () => {
    const stale: StubAnswer = { status: 400, body: faultOf("5010", "Stale Object Error") };
    const changed = { ...vendor, SyncToken: "4", DisplayName: "Renamed" };
    const stub = await start(latest, stale, { body: { Vendor: changed } }, latest);
    await stub.connector.update("Vendor", { Id: "7", AcctNum: "70001" }, { sparse: true });
    expect(JSON.parse(stub.requests[3]?.body ?? "")).toEqual({ ...changed, AcctNum: "70001" });
    expect(requestIds(stub)[3]).not.toBe(requestIds(stub)[1]);
  });

  it("makes a record of a list inactive without losing its other fields", async () => {
    const stub = await start(latest, latest);
    await stub.connector.delete("Vendor", { Id: "7" });
    expect(JSON.parse(stub.requests[1]?.body ?? "")).toEqual({ ...vendor, Active: false });
  });

  it("changes of the preferences' groups what is given", async () => {
    const groups = {
      TaxPrefs: { UsingSalesTax: true },
      SalesFormsPrefs: { AllowDeposit: true, DefaultTerms: { value: "3" } },
    };
    const preferences: StubAnswer = { body: { Preferences: { Id: "1", SyncToken: "2", ...groups } } };
    const stub = await start(preferences, preferences);
    await stub.connector.update("Preferences", { Id: "1", SalesFormsPrefs: { AllowDeposit: false } }, { sparse: true });
    expect(JSON.parse(stub.requests[1]?.body ?? "")).toMatchObject({
      TaxPrefs: { UsingSalesTax: true },
      SalesFormsPrefs: { AllowDeposit: false, DefaultTerms: { value: "3" } },
    });
  });

  it("is refused in a batch, which reads nothing", async () => {
    const stub = await start(latest);
    const item = { operation: "sparse_update", entity: "Vendor", record: { Id: "7", SyncToken: "3" } } as const;
    await expect(stub.connector.batch([item])).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(stub.requests).toHaveLength(0);
  });
});

describe("a full update", () => {
  it("keeps the fields that nobody here knows, with their types", async () => {
    const read: StubAnswer = {
      body: '{"Invoice":{"Id":"145","SyncToken":"0","TotalAmt":100.10,"NewThing":{"Ratio":0.25,"Code":"007","On":true}}}',
    };
    const stub = await start(read, created);
    await stub.connector.update("Invoice", await stub.connector.read("Invoice", "145"), { sparse: false });
    expect(stub.requests[1]?.body).toBe(
      '{"Id":"145","SyncToken":"0","TotalAmt":100.10,"NewThing":{"Ratio":0.25,"Code":"007","On":true}}',
    );
  });

  it("needs the SyncToken, and is a conflict when it is stale", async () => {
    const stub = await start({ status: 400, body: faultOf("5010") });
    const update = (record: object) => stub.connector.update("Invoice", { ...record }, { sparse: false });
    await expect(update({ Id: "145" })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(update({ Id: "145", SyncToken: "0" })).rejects.toMatchObject({ code: "CONFLICT" });
    expect(stub.requests).toHaveLength(1);
  });
});

describe("an id", () => {
  it.each(["../customer/1", "1?x", "", "1/2", "%2e"])("such as %j does not become a part of the path", async (id) => {
    const stub = await start(created);
    await expect(stub.connector.read("Invoice", id)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(stub.requests).toHaveLength(0);
  });
});
