import type { SalesforceSandbox } from "@isthmus/sandbox";
import { FakeClock } from "@isthmus/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RecordInput, RecordResult, SalesforceConnector } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

const path = "/services/data/v60.0/composite/sobjects";
let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;
let clock: FakeClock;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false });
});

beforeEach(async () => {
  sandbox.reset();
  sandbox.configure({ skipConsent: true });
  // Nobody waits: the pauses between tries are the connector's clock's.
  clock = new FakeClock();
  connector = await connectedTo(sandbox, { clock });
  return () => connector.close();
});

afterAll(() => sandbox.close());

const lead = (index: number): RecordInput => ({ LastName: `Lead ${index}`, Company: `Company ${index}` });
const leads = (count: number): RecordInput[] => Array.from({ length: count }, (_unused, index) => lead(index));
const requests = (method?: string) => sandbox.requests({ path, ...(method && { method }) });
const codesOf = (results: readonly RecordResult[]) => results.map(({ error }) => error?.code);
const lost = new Array(200).fill("OUTCOME_UNKNOWN");
const done = (count: number) => new Array(count).fill(undefined);

async function storedLeads(): Promise<readonly unknown[]> {
  const { records } = await connector.queryAllRecords("SELECT Id, LastName FROM Lead ORDER BY CreatedDate, Id");
  return records.map(({ LastName }) => LastName);
}

describe("collections", () => {
  it("creates any number of records in requests of 200, with the results in the input's order", async () => {
    const results = await connector.collections.create("Lead", leads(450));
    expect(requests("POST")).toHaveLength(3);
    expect(codesOf(results)).toEqual(done(450));
    expect(results.every(({ created }) => created)).toBe(true);
    const records = await connector.collections.retrieve(
      "Lead",
      results.map(({ id }) => id ?? ""),
      ["LastName"],
    );
    expect(records.map((record) => record?.LastName)).toEqual(leads(450).map(({ LastName }) => LastName));
  });

  it("keeps the order also with several requests at once", async () => {
    const results = await connector.collections.create("Lead", leads(900), { concurrency: 4 });
    const records = await connector.collections.retrieve(
      "Lead",
      results.map(({ id }) => id ?? ""),
      ["LastName"],
    );
    expect(records.map((record) => record?.LastName)).toEqual(leads(900).map(({ LastName }) => LastName));
  });

  it("puts records of several objects into requests that Salesforce takes", async () => {
    const mixed = Array.from({ length: 24 }, (_unused, index) =>
      index % 2 === 0
        ? { attributes: { type: "Account" }, Name: `Account ${index}` }
        : { attributes: { type: "Contact" }, LastName: `Contact ${index}` },
    );
    const results = await connector.collections.create("Account", mixed);
    expect(codesOf(results)).toEqual(done(24));
    expect(results.map(({ id }) => id?.slice(0, 3))).toEqual(
      mixed.map((_record, index) => (index % 2 ? "003" : "001")),
    );
    expect(requests("POST")).toHaveLength(3);
  });

  it("tells what is wrong with single records by the one table, and does the others", async () => {
    const records = [lead(0), { LastName: "Without company" }, { ...lead(2), Score: Number.NaN }, lead(3)];
    const results = await connector.collections.create("Lead", records);
    expect(codesOf(results)).toEqual([undefined, "VENDOR_REJECTED", "VALIDATION_FAILED", undefined]);
    expect(results[1]?.error).toMatchObject({ vendor: { code: "REQUIRED_FIELD_MISSING", fields: ["Company"] } });
    expect(await storedLeads()).toEqual(["Lead 0", "Lead 3"]);
  });

  it("updates records by their Id, and tells the id of each result", async () => {
    const created = await connector.collections.create("Lead", leads(3));
    const changes = created.map(({ id }, index) => ({ Id: id, Company: `Changed ${index}` }));
    const results = await connector.collections.update("Lead", [...changes, { Company: "No id" }]);
    expect(codesOf(results)).toEqual([undefined, undefined, undefined, "VALIDATION_FAILED"]);
    expect(results.slice(0, 3)).toEqual(created.map(({ id }) => ({ id })));
  });

  it("upserts by an external id, telling which records are new", async () => {
    const accounts = (count: number) =>
      Array.from({ length: count }, (_unused, index) => ({ Name: `Account ${index}`, External_Id__c: `key-${index}` }));
    await connector.collections.upsert("Account", "External_Id__c", accounts(2));
    const results = await connector.collections.upsert("Account", "External_Id__c", [
      ...accounts(3),
      { Name: "No key" },
    ]);
    expect(results.map(({ created }) => created)).toEqual([false, false, true, undefined]);
    expect(codesOf(results)).toEqual([...done(3), "VALIDATION_FAILED"]);
  });

  it("deletes records, of several objects too; one that is deleted already counts as deleted", async () => {
    const created = await connector.collections.create("Lead", leads(2));
    const account = await connector.create("Account", { Name: "Gone" });
    const ids = [...created.map(({ id }) => id ?? ""), account.id];
    await connector.delete("Account", account.id);
    const results = await connector.collections.delete([...ids, "not an id"]);
    expect(results.slice(0, 3)).toEqual(ids.map((id) => ({ id })));
    expect(codesOf(results)).toEqual([...done(3), "VALIDATION_FAILED"]);
    expect(await storedLeads()).toEqual([]);
  });

  it("reads null for a record that is not there", async () => {
    const { id } = await connector.create("Lead", lead(1));
    const records = await connector.collections.retrieve("Lead", ["00Q000000000001AAA", id], ["Id", "Company"]);
    expect(records).toEqual([null, expect.objectContaining({ Id: id, Company: "Company 1" })]);
  });

  it("writes a relationship by an external id", async () => {
    const { id } = await connector.create("Account", { Name: "Parent", External_Id__c: "parent" });
    const [contact] = await connector.collections.create("Contact", [
      { LastName: "Child", Account: { External_Id__c: "parent" } },
    ]);
    expect(contact?.error).toBeUndefined();
    const { records } = await connector.queryAllRecords(
      "SELECT AccountId, Account.Name FROM Contact WHERE LastName = 'Child'",
    );
    expect(records).toMatchObject([{ AccountId: id, Account: { Name: "Parent" } }]);
  });
});

describe("collections with allOrNone", () => {
  it("takes all records back when one fails, and tells the culprit from the others", async () => {
    const results = await connector.collections.create("Lead", [lead(0), { LastName: "No company" }], {
      allOrNone: true,
    });
    expect(results.map(({ error }) => error?.vendor?.code)).toEqual([
      "ALL_OR_NONE_OPERATION_ROLLED_BACK",
      "REQUIRED_FIELD_MISSING",
    ]);
    expect(await storedLeads()).toEqual([]);
  });

  it("refuses more than one request can hold, and records that cannot be sent, before anything is sent", async () => {
    const tooMany = connector.collections.create("Lead", leads(201), { allOrNone: true });
    await expect(tooMany).rejects.toMatchObject({ code: "VALIDATION_FAILED", message: expect.stringContaining("200") });
    const invalid = connector.collections.update("Lead", [{ Company: "No id" }], { allOrNone: true });
    await expect(invalid).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(requests()).toEqual([]);
  });

  it("counts records as deleted whose deletion was repeated after a lost answer", async () => {
    const created = await connector.collections.create("Lead", leads(3));
    const ids = created.map(({ id }) => id ?? "");
    sandbox.addFault({ path, method: "DELETE", cutAfter: true });
    expect(await connector.collections.delete(ids, { allOrNone: true })).toEqual(ids.map((id) => ({ id })));
    expect(requests("DELETE")).toHaveLength(2);
    expect(await storedLeads()).toEqual([]);
  });

  it("sends all of them again when one was locked", async () => {
    const rolledBack = {
      success: false,
      errors: [{ statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK", message: "", fields: [] }],
    };
    const locked = {
      success: false,
      errors: [{ statusCode: "UNABLE_TO_LOCK_ROW", message: "unable to obtain exclusive access", fields: [] }],
    };
    sandbox.addFault({ path, status: 200, body: [rolledBack, locked] });
    expect(codesOf(await connector.collections.create("Lead", leads(2), { allOrNone: true }))).toEqual(done(2));
    expect(await storedLeads()).toEqual(["Lead 0", "Lead 1"]);
  });
});

describe("collections when things go wrong", () => {
  it.each(["cutBefore", "cutAfter", "cutBody"] as const)(
    "creates nothing twice with %s: the records of the lost answer say so, the others stand",
    async (cut) => {
      sandbox.addFault({ path, method: "POST", skip: 1, [cut]: true });
      const results = await connector.collections.create("Lead", leads(600));
      expect(requests("POST")).toHaveLength(3);
      expect(codesOf(results)).toEqual([...done(200), ...lost, ...done(200)]);
      expect(results[200]?.error).toMatchObject({
        retryable: false,
        reconcile: expect.stringContaining("CreatedDate"),
      });
      const stored = await storedLeads();
      expect(new Set(stored).size).toBe(stored.length);
      expect(stored).toHaveLength(cut === "cutBefore" ? 400 : 600);
    },
  );

  it("repeats updates, upserts and deletions whose answers were lost", async () => {
    const created = await connector.collections.create("Lead", leads(300));
    const ids = created.map(({ id }) => id ?? "");
    sandbox.addFault({ path, method: "PATCH", cutAfter: true });
    sandbox.addFault({ path, method: "DELETE", skip: 1, cutBody: true });
    const changes = ids.map((id, index) => ({ Id: id, Company: `Changed ${index}` }));
    expect(codesOf(await connector.collections.update("Lead", changes))).toEqual(done(300));
    const records = await connector.collections.retrieve("Lead", ids, ["Company"]);
    expect(records.map((record) => record?.Company)).toEqual(changes.map(({ Company }) => Company));
    expect(await connector.collections.delete(ids)).toEqual(ids.map((id) => ({ id })));
    expect(await storedLeads()).toEqual([]);
  });

  it("sends locked records again, and no others", async () => {
    const locked = {
      success: false,
      errors: [{ statusCode: "UNABLE_TO_LOCK_ROW", message: "unable to obtain exclusive access", fields: [] }],
    };
    const good = { id: "00Q000000000001AAA", success: true, errors: [] };
    sandbox.addFault({ path, status: 200, body: [good, locked, good] });
    const results = await connector.collections.create("Lead", leads(3));
    expect(codesOf(results)).toEqual(done(3));
    expect(await storedLeads()).toEqual(["Lead 1"]);
  });

  it("gives up on a record that stays locked, after five requests", async () => {
    const locked = {
      success: false,
      errors: [{ statusCode: "UNABLE_TO_LOCK_ROW", message: "unable to obtain exclusive access", fields: [] }],
    };
    sandbox.addFault({ path, status: 200, body: [locked], times: 9 });
    const results = await connector.collections.create("Lead", leads(1));
    expect(results).toMatchObject([{ error: { code: "VENDOR_UNAVAILABLE", retryable: true } }]);
    expect(requests()).toHaveLength(5);
  });

  it("gets creates through a storm of 503", async () => {
    const body = [{ message: "Server too busy", errorCode: "SERVER_UNAVAILABLE" }];
    sandbox.addFault({ path, status: 503, body, times: 3 });
    expect(codesOf(await connector.collections.create("Lead", leads(250)))).toEqual(done(250));
    expect(await storedLeads()).toHaveLength(250);
  });

  it("goes on with a fresh token when the session ends in the middle", async () => {
    sandbox.addFault({
      path,
      skip: 1,
      status: 401,
      body: [{ errorCode: "INVALID_SESSION_ID", message: "Session expired" }],
    });
    expect(codesOf(await connector.collections.create("Lead", leads(600)))).toEqual(done(600));
    expect(await storedLeads()).toHaveLength(600);
    expect(sandbox.requests({ path: "/services/oauth2/token" })).toHaveLength(1);
  });

  it("sends nothing more once the day's requests are used up: the records that were not sent say so", async () => {
    const body = [{ errorCode: "REQUEST_LIMIT_EXCEEDED", message: "TotalRequests Limit exceeded." }];
    sandbox.addFault({ path, skip: 1, status: 403, body, times: 9 });
    const results = await connector.collections.create("Lead", leads(1_000));
    expect(codesOf(results)).toEqual([...done(200), ...new Array(800).fill("QUOTA_EXHAUSTED")]);
    expect(requests()).toHaveLength(2);
    clock.advance(15 * 60_000);
    expect(await storedLeads()).toHaveLength(200);
  });

  it("leaves creates unknown whose answer has another number of results", async () => {
    sandbox.addFault({ path, status: 200, body: [{ id: "00Q000000000001AAA", success: true, errors: [] }] });
    expect(codesOf(await connector.collections.create("Lead", leads(2)))).toEqual([
      "OUTCOME_UNKNOWN",
      "OUTCOME_UNKNOWN",
    ]);
    sandbox.addFault({ path, status: 200, body: "<html>Down for maintenance</html>" });
    const change = [{ Id: "00Q000000000001AAA", Company: "x" }];
    expect(codesOf(await connector.collections.update("Lead", change))).toEqual(["UNEXPECTED_RESPONSE"]);
    sandbox.addFault({ path, status: 200, body: [{ success: true, errors: [] }, null] });
    expect(codesOf(await connector.collections.create("Lead", leads(2)))).toEqual([
      "OUTCOME_UNKNOWN",
      "OUTCOME_UNKNOWN",
    ]);
  });

  it("refuses a reading answer with another number of records", async () => {
    sandbox.addFault({ path, status: 200, body: [null, null] });
    const read = connector.collections.retrieve("Lead", ["00Q000000000001AAA"], ["Id"]);
    await expect(read).rejects.toMatchObject({ code: "UNEXPECTED_RESPONSE" });
  });
});

describe("collections from an async iterable", () => {
  it("takes records no faster than results are read", async () => {
    let taken = 0;
    async function* endless() {
      while (true) {
        taken += 1;
        yield lead(taken);
      }
    }
    const results = connector.collections.create("Lead", endless())[Symbol.asyncIterator]();
    for (let index = 0; index < 200; index += 1) expect((await results.next()).value?.error).toBeUndefined();
    expect(taken).toBeLessThanOrEqual(201);
    expect(requests()).toHaveLength(1);
    await results.return?.();
    expect(requests()).toHaveLength(1);
  });

  it("throws what every further request would meet after the results of what was sent", async () => {
    async function* many() {
      yield* leads(700);
    }
    const body = [{ errorCode: "REQUEST_LIMIT_EXCEEDED", message: "TotalRequests Limit exceeded." }];
    sandbox.addFault({ path, skip: 1, status: 403, body });
    const results: RecordResult[] = [];
    const read = async () => {
      for await (const result of connector.collections.create("Lead", many())) results.push(result);
    };
    await expect(read()).rejects.toMatchObject({ code: "QUOTA_EXHAUSTED" });
    expect(codesOf(results)).toEqual([...done(200), ...new Array(200).fill("QUOTA_EXHAUSTED")]);
  });

  it("gives the results of what was sent before the source's own failure", async () => {
    async function* failing() {
      yield* leads(250);
      throw new Error("The file ended.");
    }
    const results: RecordResult[] = [];
    const read = async () => {
      for await (const result of connector.collections.create("Lead", failing())) results.push(result);
    };
    await expect(read()).rejects.toThrow("The file ended.");
    expect(results).toHaveLength(200);
    expect(await storedLeads()).toHaveLength(200);
  });

  it("ends with CANCELLED between requests when its signal is aborted, and sends no more", async () => {
    const controller = new AbortController();
    const results = await (async () => {
      async function* many() {
        yield* leads(600);
      }
      const found: RecordResult[] = [];
      const read = async () => {
        for await (const result of connector.collections.create("Lead", many(), { signal: controller.signal })) {
          found.push(result);
          controller.abort();
        }
      };
      await expect(read()).rejects.toMatchObject({ code: "CANCELLED" });
      return found;
    })();
    expect(codesOf(results)).toEqual([...done(200), ...new Array(200).fill("CANCELLED")]);
    expect(requests()).toHaveLength(1);
  });
});
