import type { SalesforceSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CompositeRequest, type SalesforceConnector, type Subrequest } from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";

const path = "/services/data/v60.0/composite";
let sandbox: SalesforceSandbox;
let connector: SalesforceConnector;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: false });
});

beforeEach(async () => {
  sandbox.reset();
  sandbox.configure({ skipConsent: true });
  connector = await connectedTo(sandbox);
  return () => connector.close();
});

afterAll(() => sandbox.close());

const countOf = async (sobject: string) =>
  (await connector.queryAllRecords(`SELECT COUNT() FROM ${sobject}`)).totalSize;
const requests = () => sandbox.requests({ path });
const create = (referenceId: string, body: Record<string, unknown>, sobject = "Account"): Subrequest => ({
  referenceId,
  method: "POST",
  path: `/sobjects/${sobject}`,
  body,
});

describe("composite.send", () => {
  it("runs calls that use what those before them were answered", async () => {
    const request = new CompositeRequest();
    const account = request.create("Account", { Name: "Acme", Industry: "Energy" });
    const contact = request.create("Contact", { LastName: "Lee", AccountId: account.id });
    request.update("Account", account.id, { Phone: "1" });
    request.retrieve("Contact", contact.id, ["LastName", "AccountId"], "read");
    request.query("SELECT Name, Phone FROM Account");
    request.upsert("Account", "External_Id__c", "a/b?", { Name: "Encoded" });
    request.delete("Contact", contact.id);
    const results = await connector.composite.send(request.calls, { allOrNone: true });
    expect(results.map(({ status }) => status)).toEqual([201, 201, 204, 200, 200, 201, 204]);
    const [made, , changed, read, queried] = results;
    expect(made?.body).toMatchObject({ id: expect.stringMatching(/^001/), success: true });
    expect(changed?.body).toBeNull();
    expect(read).toMatchObject({ referenceId: "read", halted: false, body: { LastName: "Lee" } });
    expect(queried?.body).toMatchObject({ records: [{ Name: "Acme", Phone: "1" }] });
    expect(requests()).toHaveLength(1);
    expect(await countOf("Contact")).toBe(0);
  });

  it("takes all back with allOrNone, and tells the culprit from those that only stood beside it", async () => {
    const request = new CompositeRequest();
    const account = request.create("Account", { Name: "Acme" });
    request.create("Contact", { AccountId: account.id }, "culprit");
    request.create("Account", { Name: "After" });
    const results = await connector.composite.send(request.calls, { allOrNone: true });
    expect(results.map(({ halted }) => halted)).toEqual([true, false, true]);
    expect(results[1]?.error).toMatchObject({ code: "VENDOR_REJECTED", vendor: { code: "REQUIRED_FIELD_MISSING" } });
    expect(results[0]?.error).toMatchObject({ vendor: { code: "PROCESSING_HALTED" } });
    expect(await countOf("Account")).toBe(0);
  });

  it("lets the others stand without allOrNone, but for those that refer to the failed one", async () => {
    const request = new CompositeRequest();
    request.create("Account", { Name: "First" });
    const failed = request.create("Account", {});
    request.create("Contact", { LastName: "Lee", AccountId: failed.id });
    const results = await connector.composite.send(request.calls);
    expect(results.map(({ status }) => status)).toEqual([201, 400, 400]);
    expect(results.map(({ halted }) => halted)).toEqual([false, false, true]);
    expect(await countOf("Account")).toBe(1);
  });

  it("takes a reference to a value that is not there for the culprit when nobody else is", async () => {
    const request = new CompositeRequest();
    const account = request.create("Account", { Name: "Acme" });
    request.create("Contact", { LastName: "Lee", AccountId: account.value("nothing") });
    const results = await connector.composite.send(request.calls, { allOrNone: true });
    expect(results.map(({ halted }) => halted)).toEqual([true, false]);
  });

  it.each<[string, Subrequest[]]>([
    ["no call", []],
    ["26 calls", Array.from({ length: 26 }, (_unused, index) => create(`call${index}`, { Name: "x" }))],
    [
      "six queries",
      Array.from({ length: 6 }, (_unused, index) => ({
        referenceId: `q${index}`,
        method: "GET",
        path: "/query?q=SELECT",
      })),
    ],
    ["two calls of one name", [create("same", { Name: "x" }), create("same", { Name: "x" })]],
    ["a name with a dot", [create("a.b", { Name: "x" })]],
    ["a reference to a later call", [create("a", { Name: "@{b.id}" }), create("b", { Name: "x" })]],
    ["a reference to itself", [create("a", { Name: "@{a.id}" })]],
    ["a reference in the path to nothing", [{ referenceId: "a", method: "GET", path: "/sobjects/Account/@{b.id}" }]],
    ["an address elsewhere", [{ referenceId: "a", method: "GET", path: "https://example.com/" }]],
    ["another host", [{ referenceId: "a", method: "GET", path: "//example.com/" }]],
    ["a way out of the version", [{ referenceId: "a", method: "GET", path: "/sobjects/../../x" }]],
    ["a value that JSON does not have", [create("a", { Amount: Number.NaN })]],
  ])("refuses %s before anything is sent", async (_name, calls) => {
    await expect(connector.composite.send(calls)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(requests()).toEqual([]);
  });

  it("takes dots that are no steps of a path", async () => {
    const call = {
      referenceId: "a",
      method: "GET",
      path: "/query?q=SELECT+Account.Name+FROM+Contact+WHERE+Name='/../'",
    } as const;
    expect((await connector.composite.send([call]))[0]).toMatchObject({ status: 200 });
  });

  it("is sent again after a lost answer when it only reads and sets values, and not when it creates", async () => {
    const { id } = await connector.create("Account", { Name: "Old" });
    sandbox.addFault({ path, cutAfter: true, times: 1 });
    const change = new CompositeRequest();
    change.update("Account", id, { Name: "New" });
    expect((await connector.composite.send(change.calls))[0]).toMatchObject({ status: 204 });
    expect(requests()).toHaveLength(2);
    sandbox.addFault({ path, cutAfter: true });
    const lost = connector.composite.send([create("a", { Name: "Once" })]);
    await expect(lost).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", reconcile: expect.any(String) });
    expect(requests()).toHaveLength(3);
    expect(await countOf("Account")).toBe(2);
  });

  it("leaves a call unknown that the answer leaves out", async () => {
    const body = { compositeResponse: [{ body: { id: "1" }, httpHeaders: {}, httpStatusCode: 201, referenceId: "a" }] };
    sandbox.addFault({ path, status: 200, body });
    const results = await connector.composite.send([create("a", { Name: "x" }), create("b", { Name: "y" })]);
    expect(results.map(({ error }) => error?.code)).toEqual([undefined, "OUTCOME_UNKNOWN"]);
    sandbox.addFault({ path, status: 200, body: "<html>Down for maintenance</html>" });
    const page = await connector.composite.send([create("a", { Name: "x" })]);
    expect(page[0]?.error).toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  it("throws what Salesforce says of the request as a whole within its answer", async () => {
    const body = [{ errorCode: "LIMIT_EXCEEDED", message: "The request can't contain more than 25 operations." }];
    const compositeResponse = [{ body, httpHeaders: {}, httpStatusCode: 400, referenceId: null }];
    sandbox.addFault({ path, status: 200, body: { compositeResponse } });
    await expect(connector.composite.send([create("a", { Name: "x" })])).rejects.toMatchObject({
      code: "VENDOR_REJECTED",
      vendor: { code: "LIMIT_EXCEEDED" },
    });
  });
});

describe("composite.batch", () => {
  it("runs calls that have nothing to do with each other", async () => {
    const { id } = await connector.create("Account", { Name: "Acme" });
    const results = await connector.composite.batch([
      { method: "PATCH", path: `/sobjects/Account/${id}`, body: { Phone: "1" } },
      { method: "GET", path: "/sobjects/Account/001000000000001AAA" },
      { method: "GET", path: `/sobjects/Account/${id}?fields=Name,Phone` },
    ]);
    expect(results).toMatchObject([
      { referenceId: "0", status: 204, body: null },
      { referenceId: "1", status: 404, error: { code: "NOT_FOUND" } },
      { referenceId: "2", status: 200, body: { Name: "Acme", Phone: "1" } },
    ]);
  });

  it("leaves the calls after a failed one out with haltOnError", async () => {
    const account = (body: Record<string, unknown>) => ({ method: "POST", path: "/sobjects/Account", body }) as const;
    const calls = [account({ Name: "First" }), account({}), account({ Name: "Third" })];
    const results = await connector.composite.batch(calls, { haltOnError: true });
    expect(results.map(({ halted, error }) => [error?.code, halted])).toEqual([
      [undefined, false],
      ["VENDOR_REJECTED", false],
      ["VENDOR_REJECTED", true],
    ]);
    expect(await countOf("Account")).toBe(1);
  });

  it("leaves calls unknown when the number of results is another one", async () => {
    sandbox.addFault({ path, status: 200, body: { hasErrors: false, results: [] } });
    const results = await connector.composite.batch([{ method: "POST", path: "/sobjects/Account", body: {} }]);
    expect(results[0]?.error).toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });
});

describe("composite.graph", () => {
  it("does each graph as a whole, whatever becomes of the others", async () => {
    const good = new CompositeRequest();
    const account = good.create("Account", { Name: "Acme" });
    good.create("Contact", { LastName: "Lee", AccountId: account.id });
    const bad = new CompositeRequest();
    bad.create("Account", { Name: "Taken back" });
    bad.create("Contact", {});
    const results = await connector.composite.graph([
      { graphId: "good", requests: good.calls },
      { graphId: "bad", requests: bad.calls },
    ]);
    expect(results.map(({ graphId, successful }) => [graphId, successful])).toEqual([
      ["good", true],
      ["bad", false],
    ]);
    expect(results[1]?.results.map(({ halted }) => halted)).toEqual([true, false]);
    expect(await countOf("Account")).toBe(1);
  });

  const chain = (length: number): Subrequest[] =>
    Array.from({ length }, (_unused, index) =>
      create(`a${index}`, { Name: "x", ...(index > 0 && { ParentId: `@{a${index - 1}.id}` }) }),
    );

  it.each([
    ["no graph", []],
    [
      "76 graphs",
      Array.from({ length: 76 }, (_unused, index) => ({ graphId: `g${index}`, requests: [create("a", {})] })),
    ],
    [
      "501 calls",
      [{ graphId: "g", requests: Array.from({ length: 501 }, (_unused, index) => create(`a${index}`, {})) }],
    ],
    ["a chain of 16", [{ graphId: "g", requests: chain(16) }]],
    ["an empty graph beside another one", [{ graphId: "g", requests: [] }]],
    ["two graphs of one name", [1, 2].map(() => ({ graphId: "g", requests: [create("a", {})] }))],
  ])("refuses %s before anything is sent", async (_name, graphs) => {
    await expect(connector.composite.graph(graphs)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(requests()).toEqual([]);
  });

  it("takes a chain of 15, and 500 calls in all", async () => {
    const wide = Array.from({ length: 485 }, (_unused, index) => create(`w${index}`, { Name: "x" }));
    const results = await connector.composite.graph([
      { graphId: "deep", requests: chain(15) },
      { graphId: "wide", requests: wide },
    ]);
    expect(results.map(({ successful }) => successful)).toEqual([true, true]);
    expect(await countOf("Account")).toBe(500);
  });
});

describe("composite.tree", () => {
  const acme = {
    Name: "Acme",
    Contacts: [
      { attributes: { type: "Contact", referenceId: "lee" }, LastName: "Lee" },
      { attributes: { type: "Contact" }, LastName: "Kim" },
    ],
  };

  it("creates records with those below them", async () => {
    const results = await connector.composite.tree("Account", [acme, { Name: "Alone" }]);
    expect(results.map(({ referenceId }) => referenceId)).toEqual(["record1", "lee", "record3", "record4"]);
    expect(results.map(({ id }) => id?.slice(0, 3))).toEqual(["001", "003", "003", "001"]);
    const { records } = await connector.queryAllRecords("SELECT AccountId FROM Contact");
    expect(records.map(({ AccountId }) => AccountId)).toEqual([results[0]?.id, results[0]?.id]);
  });

  it("creates none of them when one fails, and tells which", async () => {
    const bad = { attributes: { type: "Contact", referenceId: "bad" } };
    const results = await connector.composite.tree("Account", [{ ...acme, Contacts: [...acme.Contacts, bad] }]);
    expect(results.map(({ referenceId, halted }) => [referenceId, halted])).toEqual([
      ["record1", true],
      ["lee", true],
      ["record3", true],
      ["bad", false],
    ]);
    expect(results[3]?.error).toMatchObject({ vendor: { code: "REQUIRED_FIELD_MISSING" } });
    expect(await countOf("Account")).toBe(0);
  });

  it.each<[string, Record<string, unknown>[]]>([
    ["no record", []],
    ["201 records", Array.from({ length: 201 }, () => ({ Name: "x" }))],
    ["a record below without a type", [{ Name: "x", Contacts: [{ LastName: "y" }] }]],
    ["two records of one reference", [1, 2].map(() => ({ attributes: { referenceId: "same" }, Name: "x" }))],
    [
      "six levels",
      [
        [1, 2, 3, 4, 5].reduce<Record<string, unknown>>(
          (below) => ({ attributes: { type: "Account" }, Below: [below] }),
          { attributes: { type: "Account" } },
        ),
      ],
    ],
    ["six objects", ["A", "B", "C", "D", "E", "F"].map((type) => ({ attributes: { type } }))],
  ])("refuses %s before anything is sent", async (_name, records) => {
    await expect(connector.composite.tree("Account", records)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(requests()).toEqual([]);
  });

  it("sends a tree once when the answer is lost", async () => {
    sandbox.addFault({ path, cutAfter: true });
    const lost = connector.composite.tree("Account", [acme]);
    await expect(lost).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      reconcile: expect.stringContaining("Account"),
    });
    expect(requests()).toHaveLength(1);
    expect(await countOf("Account")).toBe(1);
  });

  it("reports a request that is refused as a whole", async () => {
    await expect(connector.composite.tree("Nothing__c", [{ Name: "x" }])).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("leaves a record unknown whose id the answer leaves out", async () => {
    sandbox.addFault({ path, status: 201, body: { hasErrors: false, results: [] } });
    const results = await connector.composite.tree("Account", [{ Name: "x" }]);
    expect(results[0]?.error).toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });
});
