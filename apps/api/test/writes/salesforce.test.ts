import { startSalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { newId } from "../../src/database/index.js";
import { TestBrowser } from "../support/browser.js";
import { describeLongWork } from "../support/databases.js";
import { sandboxConnector, startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { type WriteBench, writeBench } from "./write-bench.js";

describeLongWork("writing records back to Salesforce", (get) => {
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;
  let bench: WriteBench;
  let mark: string;
  /** Of the sandbox: records of a conditional change are compared in whole seconds there. */
  let nowMs = Date.now();

  beforeAll(async () => {
    const sandbox = await startSalesforceSandbox({ skipConsent: true, clock: () => nowMs });
    service = await startTestService(get().database, { sandbox });
    tenant = await service.createTenant();
    connectorId = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body.id;
    const link = await tenant.api.post(`/v1/connectors/${connectorId}/authorize`);
    await new TestBrowser().follow(link.body.authorizationUrl);
    bench = writeBench(service, tenant.api, connectorId, get().queryPastGuards);
  });
  afterAll(async () => {
    await service?.close();
    await service?.sandbox.close();
  });
  beforeEach(() => {
    mark = newId().slice(-12);
    nowMs += 60_000;
  });

  const operate = async (operation: string, input: object) => {
    const { status, text, body } = await tenant.api.run(connectorId, operation, input);
    expect(status, text).toBe(200);
    return body;
  };
  const create = async (fields: object = {}) =>
    (await operate("records.create", { sobject: "Account", record: { Name: mark, ...fields } })).id as string;
  const change = async (id: string, record: object) => {
    nowMs += 5_000;
    await operate("records.update", { sobject: "Account", id, record });
  };
  const read = (id: string) => operate("records.retrieve", { sobject: "Account", id });
  const stampOf = async (id: string): Promise<string> => (await read(id)).SystemModstamp;
  const count = async (name = mark): Promise<number> =>
    (await operate("query", { soql: `SELECT Id FROM Account WHERE Name LIKE '${name}%'` })).records.length;

  it("creates, changes and deletes, with an outcome for each record in the order of the request", async () => {
    const [changed, gone] = [await create(), await create()];
    const records = [
      { record: { Name: `${mark} new` } },
      { id: changed, record: { Industry: "Energy" } },
      { id: gone, deleted: true },
      { id: "001000000000000AAA", record: { Name: "x" } },
      { record: { NoSuchField: 1 } },
    ];
    const { body: run } = await bench.post("Account", records, "ours");
    expect(run).toMatchObject({ status: "running", operation: "records:write", progress: { processed: 0, total: 5 } });
    expect(await bench.finish(run.id)).toMatchObject({
      status: "succeeded",
      progress: { processed: 5, failed: 2, total: 5 },
      output: { created: 1, updated: 1, deleted: 1, failed: 2 },
    });
    const outcomes = await bench.outcomes(run.id);
    expect(outcomes.map(({ index, outcome, error }) => [index, outcome, error?.code])).toEqual([
      [0, "created", undefined],
      [1, "updated", undefined],
      [2, "deleted", undefined],
      [3, "failed", "VENDOR_REJECTED"],
      [4, "failed", "VENDOR_REJECTED"],
    ]);
    expect(await read(outcomes[0].id)).toMatchObject({ Name: `${mark} new` });
    expect(await read(changed)).toMatchObject({ Industry: "Energy" });
    expect(await count()).toBe(2);
  });

  it.each([
    ["theirs", "kept", "Retail"],
    ["fail", "conflict", "Retail"],
    ["ours", "updated", "Energy"],
  ])("leaves to the policy what was changed meanwhile: %s", async (policy, outcome, industry) => {
    const [changed, same, equal, gone] = [await create(), await create(), await create(), await create()];
    const base = await stampOf(changed);
    await change(changed, { Industry: "Retail" });
    await operate("records.delete", { sobject: "Account", id: gone });
    const record = { Industry: "Energy" };
    const records = [
      { id: changed, record, base },
      { id: same, record, base },
      { id: equal, record: { Name: mark }, base },
      { id: gone, record, base },
    ];
    const isOurs = policy === "ours";
    expect(await bench.write("Account", records, policy)).toEqual([
      outcome,
      "updated",
      isOurs ? "updated" : "unchanged",
      isOurs ? "failed NOT_FOUND" : outcome,
    ]);
    expect(await read(changed)).toMatchObject({ Industry: industry });
    expect(await read(same)).toMatchObject({ Industry: "Energy" });
  });

  it("lets nobody slip in between its look and its write", async () => {
    const id = await create();
    const base = await stampOf(id);
    service.sandbox.addFault({ pathPattern: "/composite$", delayMs: 300 });
    const { body: run } = await bench.post("Account", [{ id, record: { Industry: "Energy" }, base }]);
    const finished = bench.finish(run.id);
    await expect.poll(() => service.sandbox.requests({ path: "/services/data" }).at(-1)?.path).toMatch(/composite$/);
    await change(id, { Industry: "Retail" });
    await finished;
    expect(await bench.outcomes(run.id)).toMatchObject([{ outcome: "conflict" }]);
    expect(await read(id)).toMatchObject({ Industry: "Retail" });
  });

  it("finds records by an external id: the first time they are created, then changed", async () => {
    const externalId = { field: "External_Id__c", value: mark };
    const records = [{ externalId, record: { Name: mark } }];
    expect(await bench.write("Account", records, "ours")).toEqual(["created"]);
    expect(await bench.write("Account", records, "ours")).toEqual(["updated"]);
    expect(await bench.write("Account", records)).toEqual(["conflict"]);
    expect(await bench.write("Account", records, "theirs")).toEqual(["kept"]);
    const other = { externalId: { ...externalId, value: `${mark}2` }, record: { Name: mark } };
    expect(await bench.write("Account", [other])).toEqual(["created"]);
    expect(await count()).toBe(2);
    expect(await bench.write("Account", [{ externalId, deleted: true }], "ours")).toEqual(["deleted"]);
    expect(await count()).toBe(1);
  });

  it("asks what became of a conditional change whose answer was lost, and calls its own change no conflict", async () => {
    const id = await create();
    const base = await stampOf(id);
    nowMs += 5_000;
    service.sandbox.addFault({ pathPattern: "/composite$", cutAfter: true });
    expect(await bench.write("Account", [{ id, record: { Industry: "Energy" }, base }])).toEqual(["updated"]);
    expect(await read(id)).toMatchObject({ Industry: "Energy" });
  });

  it("says of a new record whose answer was lost that nobody knows, and never makes two", async () => {
    service.sandbox.addFault({ pathPattern: "/composite/sobjects$", method: "POST", cutAfter: true });
    expect(await bench.write("Account", [{ record: { Name: mark } }])).toEqual(["unknown OUTCOME_UNKNOWN"]);
    expect(await count()).toBe(1);
    service.sandbox.addFault({ pathPattern: "/composite/sobjects$", method: "POST", cutAfter: true });
    const keyed = { externalId: { field: "External_Id__c", value: mark }, record: { Name: `${mark} keyed` } };
    expect(await bench.write("Account", [keyed])).toEqual(["created"]);
    expect(await count(`${mark} keyed`)).toBe(1);
  });
});
