import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { callApi } from "../client.js";
import { Caller } from "./caller.js";

let sandbox: SalesforceSandbox;
let caller: Caller;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true, seed: false });
});
beforeEach(async () => {
  sandbox.reset();
  caller = await Caller.signIn(sandbox);
});
afterAll(() => sandbox.close());

const base = "/services/data/v60.0";
const create = (object: string, referenceId: string, body: object) => ({
  method: "POST",
  url: `${base}/sobjects/${object}`,
  referenceId,
  body,
});
const halted = { httpStatusCode: 400, body: [{ errorCode: "PROCESSING_HALTED" }] };

interface Part {
  httpStatusCode: number;
  referenceId: string;
  body: unknown;
}

async function composite(compositeRequest: object[], allOrNone = false, version = "v60.0"): Promise<Part[]> {
  const answer = await caller.post("/composite", { allOrNone, compositeRequest }, version);
  expect(answer.status).toBe(200);
  return (answer.json as { compositeResponse: Part[] }).compositeResponse;
}

describe("a composite request", () => {
  it("lets each part refer to the answers of those before it, in bodies and URLs", async () => {
    const results = await composite([
      create("Account", "made", { Name: "Made" }),
      create("Contact", "person", { LastName: "Of @{made.id}", AccountId: "@{made.id}" }),
      {
        method: "GET",
        url: `${base}/query?q=SELECT Id, Name FROM Account WHERE Id = '@{made.id}'`,
        referenceId: "found",
      },
      {
        method: "PATCH",
        url: `${base}/sobjects/Account/@{found.records[0].Id}`,
        referenceId: "changed",
        body: { Phone: "1" },
      },
      { method: "GET", url: `${base}/sobjects/Account/@{made.id}?fields=Name,Phone,Website`, referenceId: "read" },
      create("Account", "copy", { Name: "@{read.Name}", Website: "@{read.Website}" }),
    ]);
    expect(results).toMatchObject([
      { httpStatusCode: 201, referenceId: "made", httpHeaders: { Location: expect.stringMatching(/\/Account\/001/) } },
      { httpStatusCode: 201, referenceId: "person", body: { success: true, errors: [] } },
      { httpStatusCode: 200, body: { totalSize: 1 } },
      { httpStatusCode: 204, body: null, httpHeaders: {} },
      { httpStatusCode: 200, body: { Name: "Made", Phone: "1", Website: null } },
      { httpStatusCode: 201 },
    ]);
    expect(await caller.count("Contact WHERE LastName LIKE 'Of 001%' AND Account.Name = 'Made'")).toBe(1);
    expect(await caller.count("Account WHERE Name = 'Made'")).toBe(2);
  });

  it("goes on after a failure, but for the parts that refer to what failed", async () => {
    const results = await composite([
      create("Account", "bad", { Phone: "1" }),
      create("Contact", "person", { LastName: "x", AccountId: "@{bad.id}" }),
      create("Account", "good", { Name: "Good" }),
      create("Contact", "wrongCase", { LastName: "x", AccountId: "@{good.Id}" }),
    ]);
    expect(results).toMatchObject([
      { httpStatusCode: 400, body: [{ errorCode: "REQUIRED_FIELD_MISSING", fields: ["Name"] }] },
      {
        ...halted,
        body: [{ message: expect.stringContaining("Invalid reference specified. No value for bad.id found in bad.") }],
      },
      { httpStatusCode: 201 },
      halted,
    ]);
    expect(await caller.count("Account")).toBe(1);
  });

  it("keeps nothing when one part fails and all or none was asked for, and says which one it was", async () => {
    const known = await caller.create("Account", { Name: "Before" });
    const results = await composite(
      [
        { method: "PATCH", url: `${base}/sobjects/Account/${known}`, referenceId: "changed", body: { Name: "After" } },
        create("Account", "bad", { Phone: "1" }),
        create("Account", "never", { Name: "Never" }),
      ],
      true,
    );
    expect(results).toMatchObject([
      {
        ...halted,
        body: [{ message: "The transaction was rolled back since another operation in the same transaction failed." }],
      },
      { httpStatusCode: 400, referenceId: "bad", body: [{ errorCode: "REQUIRED_FIELD_MISSING" }] },
      { ...halted, referenceId: "never" },
    ]);
    expect((await caller.get(`/sobjects/Account/${known}`)).json).toMatchObject({ Name: "Before" });
    expect(await caller.count("Account")).toBe(1);
  });

  it("makes a collection within it all or none when it is so itself", async () => {
    const records = [{ attributes: { type: "Account" }, Name: "Good" }, { attributes: { type: "Account" } }];
    const part = { method: "POST", url: `${base}/composite/sobjects`, referenceId: "many", body: { records } };
    const loose = await composite([part, create("Account", "other", { Name: "Other" })]);
    expect(loose).toMatchObject([
      { httpStatusCode: 200, body: [{ success: true }, { success: false }] },
      { httpStatusCode: 201 },
    ]);
    expect(await caller.count("Account")).toBe(2);
    const strict = await composite([create("Account", "other", { Name: "Other" }), part], true);
    expect(strict).toMatchObject([
      halted,
      {
        httpStatusCode: 400,
        body: [{ success: false, errors: [{ statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK" }] }, { success: false }],
      },
    ]);
    expect(await caller.count("Account")).toBe(2);
  });

  it("has at most 25 parts, five of them queries or collections", async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_unused, at) => create("Account", `a${at}`, { Name: "A" }));
    expect(await composite(many(25))).toHaveLength(25);
    const exceeded = [{ httpStatusCode: 400, referenceId: null, body: [{ errorCode: "LIMIT_EXCEEDED" }] }];
    expect(await composite(many(26))).toMatchObject(exceeded);
    const queries = (count: number) =>
      Array.from({ length: count }, (_unused, at) => ({
        method: "GET",
        url: `${base}/query?q=SELECT+Id+FROM+Account+LIMIT+1`,
        referenceId: `q${at}`,
      }));
    expect(await composite(queries(5))).toMatchObject(queries(5).map(() => ({ httpStatusCode: 200 })));
    expect(await composite(queries(6))).toMatchObject(exceeded);
    expect(await caller.count("Account")).toBe(25);
  });

  it("is refused as a whole for reference ids with other characters, from version 52, and for headers it inherits", async () => {
    const odd = create("Account", "ref[1]", { Name: "A" });
    expect(await caller.post("/composite", { compositeRequest: [odd] })).toMatchObject({
      status: 400,
      json: [{ errorCode: "JSON_PARSER_ERROR", message: expect.stringContaining("('ref[1]')") }],
    });
    expect(await composite([odd], false, "v51.0")).toMatchObject([{ httpStatusCode: 201 }]);
    const withHeader = { ...create("Account", "a", { Name: "A" }), httpHeaders: { Authorization: "x" } };
    expect((await caller.post("/composite", { compositeRequest: [withHeader] })).status).toBe(400);
    const twice = [create("Account", "a", { Name: "A" }), create("Account", "a", { Name: "A" })];
    expect((await caller.post("/composite", { compositeRequest: twice })).status).toBe(400);
  });

  it("does not go into another, and answers unknown paths within", async () => {
    const results = await composite([
      { method: "POST", url: `${base}/composite`, referenceId: "a", body: { compositeRequest: [] } },
      { method: "GET", url: `${base}/sobjects/Nothing/1`, referenceId: "b" },
      { method: "PUT", url: `${base}/sobjects/Account`, referenceId: "c" },
      { method: "GET", url: "/services/data/v30.0/sobjects", referenceId: "d" },
      {
        method: "GET",
        url: `${base}/sobjects/Account/describe`,
        referenceId: "e",
        httpHeaders: { "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT" },
      },
    ]);
    expect(results.map(({ httpStatusCode }) => httpStatusCode)).toEqual([404, 404, 405, 410, 304]);
    expect(await callApi(sandbox, caller.token, "/composite", { method: "PUT", body: {} })).toMatchObject({
      status: 405,
      json: [{ errorCode: "METHOD_NOT_ALLOWED", message: "HTTP Method 'PUT' not allowed. Allowed are GET,HEAD,POST" }],
    });
    expect((await caller.get("/composite")).json).toMatchObject({ graph: `${base}/composite/graph` });
  });

  it("counts as one call, a batch as many as it has parts", async () => {
    const used = async () =>
      Number(/api-usage=(\d+)/.exec((await caller.get("/limits")).headers.get("sforce-limit-info") ?? "")?.[1]);
    const before = await used();
    await composite([create("Account", "a", { Name: "A" }), create("Account", "b", { Name: "B" })]);
    expect((await used()) - before).toBe(2);
    const batchRequests = Array.from({ length: 3 }, () => ({ method: "GET", url: "v60.0/limits" }));
    await caller.post("/composite/batch", { batchRequests });
    expect((await used()) - before).toBe(6);
  });
});

describe("a batch", () => {
  const part = (body: object) => ({ method: "POST", url: "v60.0/sobjects/Account", richInput: body });

  it("runs its parts for themselves", async () => {
    const batchRequests = [part({ Name: "A" }), part({}), part({ Name: "C" }), { method: "GET", url: "v60.0/limits" }];
    const answer = await caller.post("/composite/batch", { batchRequests });
    expect(answer).toMatchObject({
      status: 200,
      json: {
        hasErrors: true,
        results: [
          { statusCode: 201, result: { success: true } },
          { statusCode: 400, result: [{ errorCode: "REQUIRED_FIELD_MISSING" }] },
          { statusCode: 201 },
          { statusCode: 200 },
        ],
      },
    });
    expect(await caller.count("Account")).toBe(2);
  });

  it("stops at the first failure when asked to", async () => {
    const batchRequests = [part({ Name: "A" }), part({}), part({ Name: "C" })];
    const answer = await caller.post("/composite/batch", { haltOnError: true, batchRequests });
    expect(answer.json).toMatchObject({
      hasErrors: true,
      results: [
        { statusCode: 201 },
        { statusCode: 400 },
        { statusCode: 412, result: [{ errorCode: "BATCH_PROCESSING_HALTED" }] },
      ],
    });
    expect(await caller.count("Account")).toBe(1);
    const many = Array.from({ length: 26 }, () => part({ Name: "A" }));
    expect((await caller.post("/composite/batch", { batchRequests: many })).status).toBe(400);
  });
});

describe("composite graphs", () => {
  const graph = (graphId: string, ...compositeRequest: object[]) => ({ graphId, compositeRequest });
  const post = (graphs: object[]) => caller.post("/composite/graph", { graphs });

  it("stand or fall each for itself", async () => {
    const answer = await post([
      graph(
        "good",
        create("Account", "a", { Name: "Good" }),
        create("Contact", "c", { LastName: "x", AccountId: "@{a.id}" }),
      ),
      graph("bad", create("Account", "a", { Name: "Bad" }), create("Contact", "c", { AccountId: "@{a.id}" })),
    ]);
    expect(answer).toMatchObject({
      status: 200,
      json: {
        graphs: [
          {
            graphId: "good",
            isSuccessful: true,
            graphResponse: { compositeResponse: [{ httpStatusCode: 201 }, { httpStatusCode: 201 }] },
          },
          {
            graphId: "bad",
            isSuccessful: false,
            graphResponse: { compositeResponse: [halted, { body: [{ errorCode: "REQUIRED_FIELD_MISSING" }] }] },
          },
        ],
      },
    });
    expect(await caller.count("Account")).toBe(1);
  });

  it("are limited in number, nodes, kinds of nodes, depth and URLs", async () => {
    const one = (at: number) => graph(`g${at}`, create("Account", "a", { Name: `A${at}` }));
    expect((await post(Array.from({ length: 75 }, (_unused, at) => one(at)))).status).toBe(200);
    expect(await post(Array.from({ length: 76 }, (_unused, at) => one(at)))).toMatchObject({
      status: 400,
      json: [{ errorCode: "LIMIT_EXCEEDED", message: "Limit of 75 reached for number of graphs in Graph Api" }],
    });
    const nodes = (count: number) =>
      Array.from({ length: count }, (_unused, at) => create("Lead", `n${at}`, { LastName: "L", Company: "C" }));
    expect((await post([graph("g", ...nodes(500))])).json).toMatchObject({ graphs: [{ isSuccessful: true }] });
    expect((await post([graph("g", ...nodes(501))])).status).toBe(400);
    const chain = (length: number) =>
      Array.from({ length }, (_unused, at) =>
        create("Account", `n${at}`, { Name: "A", ...(at > 0 && { ParentId: `@{n${at - 1}.id}` }) }),
      );
    expect((await post([graph("g", ...chain(15))])).json).toMatchObject({ graphs: [{ isSuccessful: true }] });
    expect((await post([graph("g", ...chain(16))])).status).toBe(400);
    const query = { method: "GET", url: `${base}/query?q=x`, referenceId: "q" };
    expect((await post([graph("g", query)])).status).toBe(400);
  });

  it("are no longer tried after more than 14 failures", async () => {
    const graphs = Array.from({ length: 17 }, (_unused, at) =>
      graph(`g${at}`, create("Account", "a", at < 15 ? {} : { Name: "Good" })),
    );
    const { json } = await post(graphs);
    const results = (json as { graphs: { isSuccessful: boolean; graphResponse: object }[] }).graphs;
    expect(results.filter(({ isSuccessful }) => isSuccessful)).toEqual([]);
    expect(results.at(-1)).toMatchObject({ graphResponse: { compositeResponse: [halted] } });
    expect(await caller.count("Account")).toBe(0);
  });
});

describe("a tree", () => {
  const node = (type: string, referenceId: string, fields: object) => ({
    attributes: { type, referenceId },
    ...fields,
  });

  it("is made level by level with its ids told by reference", async () => {
    const records = [
      node("Account", "a1", {
        Name: "One",
        Contacts: { records: [node("Contact", "c1", { LastName: "Smith" })] },
        ChildAccounts: { records: [node("Account", "a3", { Name: "Below" })] },
      }),
      node("Account", "a2", { Name: "Two" }),
    ];
    const answer = await caller.post("/composite/tree/Account", { records });
    expect(answer).toMatchObject({ status: 201, json: { hasErrors: false } });
    const { results } = answer.json as { results: { referenceId: string; id: string }[] };
    expect(results.map(({ referenceId }) => referenceId)).toEqual(["a1", "a2", "c1", "a3"]);
    expect(await caller.count("Contact WHERE Account.Name = 'One'")).toBe(1);
    expect(await caller.count("Account WHERE Parent.Name = 'One'")).toBe(1);
  });

  it("is not made at all when one record is wrong, and tells only that one", async () => {
    const records = [
      node("Account", "a1", {
        Name: "One",
        Contacts: { records: [node("Contact", "c1", { LastName: "S", Email: "123" })] },
      }),
    ];
    expect(await caller.post("/composite/tree/Account", { records })).toMatchObject({
      status: 400,
      json: {
        hasErrors: true,
        results: [
          {
            referenceId: "c1",
            errors: [
              { statusCode: "INVALID_EMAIL_ADDRESS", message: "Email: invalid email address: 123", fields: ["Email"] },
            ],
          },
        ],
      },
    });
    expect(await caller.count("Account")).toBe(0);
  });

  it("has at most 200 records, five levels, and each reference id once", async () => {
    const flat = (count: number) =>
      Array.from({ length: count }, (_unused, at) => node("Account", `a${at}`, { Name: "A" }));
    expect((await caller.post("/composite/tree/Account", { records: flat(200) })).status).toBe(201);
    expect((await caller.post("/composite/tree/Account", { records: flat(201) })).status).toBe(400);
    const deep = (levels: number): object =>
      node("Account", `d${levels}`, {
        Name: "A",
        ...(levels > 1 && { ChildAccounts: { records: [deep(levels - 1)] } }),
      });
    expect((await caller.post("/composite/tree/Account", { records: [deep(5)] })).status).toBe(201);
    expect((await caller.post("/composite/tree/Account", { records: [deep(6)] })).status).toBe(400);
    const twice = [node("Account", "a", { Name: "A" }), node("Account", "a", { Name: "B" })];
    expect((await caller.post("/composite/tree/Account", { records: twice })).json).toMatchObject({
      hasErrors: true,
      results: [{ referenceId: "a" }, { referenceId: "a" }],
    });
  });
});
