import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { QuickbooksSandbox } from "../../src/index.js";
import { type Api, apiWith, connect, faultOf, fieldsOf, listOf, startForTest } from "./client.js";

let now = Date.parse("2026-11-26T09:00:00Z");
let sandbox: QuickbooksSandbox;
let api: Api;
let base: string;
let token: string;

beforeAll(async () => {
  sandbox = await startForTest({ clock: () => now, companies: [{ realmId: "77", name: "Small", seed: false }] });
  const connection = await connect(sandbox);
  token = connection.access_token;
  base = `${sandbox.url}/v3/company/77`;
  api = apiWith(sandbox, "77", token);
  for (const [DisplayName, Notes] of [
    ["Ann", "first"],
    ["O'Neil \\ Sons", ""],
    ["100% Wool", ""],
    ["ann bell", ""],
    ["Old", ""],
  ] as const) {
    await api.create("Customer", { DisplayName, Notes });
    now += 60_000;
  }
  const old = listOf(fieldsOf(fieldsOf((await api.query("select * from Customer")).json).QueryResponse).Customer)[4];
  await api.post("/customer", { ...old, Active: false });
});

afterAll(() => sandbox.close());

/** The names that a condition finds, in the order of the answer. */
async function find(rest: string): Promise<unknown[]> {
  const answer = await api.query(`select * from Customer ${rest}`);
  if (answer.status !== 200) throw new Error(answer.text);
  return listOf(fieldsOf(fieldsOf(answer.json).QueryResponse).Customer).map((found) => found.DisplayName);
}

describe("conditions", () => {
  it.each<[string, string[]]>([
    ["", ["Ann", "O'Neil \\ Sons", "100% Wool", "ann bell"]],
    ["where DisplayName = 'Ann'", ["Ann"]],
    ["where DisplayName = 'O\\'Neil \\\\ Sons'", ["O'Neil \\ Sons"]],
    ["where DisplayName like 'ann%'", ["Ann", "ann bell"]],
    ["WHERE DisplayName LIKE '%Wool'", ["100% Wool"]],
    ["where DisplayName like '%n%b%l%'", ["ann bell"]],
    ["where DisplayName like 'ann%n'", []],
    ["where DisplayName like 'Ann'", ["Ann"]],
    ["where DisplayName like '%'", ["Ann", "O'Neil \\ Sons", "100% Wool", "ann bell"]],
    ["where DisplayName in ('Ann', 'ann bell', 'nobody')", ["Ann", "ann bell"]],
    ["where Active = false", ["Old"]],
    ["where Active in (true, false) and DisplayName > 'o'", ["O'Neil \\ Sons", "Old"]],
    ["where Balance = 0 and Id <= '2'", ["Ann", "O'Neil \\ Sons"]],
    ["where MetaData.CreateTime < '2026-11-26T01:01:30-08:00'", ["Ann", "O'Neil \\ Sons"]],
    ["where Metadata.CreateTime >= '2026-11-26T09:03:00Z'", ["ann bell"]],
    ["where MetaData.CreateTime >= '2026-11-27'", []],
    ["orderby DisplayName desc maxresults 2", ["O'Neil \\ Sons", "ann bell"]],
    ["ORDER BY Balance ASC, Id DESC STARTPOSITION 2 MAXRESULTS 2", ["100% Wool", "O'Neil \\ Sons"]],
    ["startposition 4 maxresults 1000", ["ann bell"]],
  ])("%s", async (condition, names) => {
    expect(await find(condition)).toEqual(names);
  });

  it("does not let a value that was escaped end its text", async () => {
    const name = "x\\' or Active = true";
    const escaped = name.replace(/[\\']/g, "\\$&");
    expect(await find(`where DisplayName = '${escaped}'`)).toEqual([]);
  });
});

describe("answers", () => {
  it("is an empty object when nothing was found", async () => {
    expect((await api.query("select * from Customer where Id = '999'")).json).toMatchObject({ QueryResponse: {} });
    const answer = await api.query("select * from Invoice");
    expect(fieldsOf(answer.json).QueryResponse).toEqual({});
  });

  it("counts without regard to pages", async () => {
    const answer = await api.query("select count(*) from Customer where Active in (true, false) maxresults 1");
    expect(fieldsOf(answer.json).QueryResponse).toEqual({ totalCount: 5 });
  });

  it("says where the page starts and how much is on it", async () => {
    const answer = await api.query("select * from Customer startposition 2 maxresults 2");
    expect(fieldsOf(answer.json).QueryResponse).toMatchObject({ startPosition: 2, maxResults: 2 });
  });

  it("gives the named columns only", async () => {
    const answer = await api.query("select DisplayName, MetaData.CreateTime from Customer where Id = '1'");
    expect(fieldsOf(fieldsOf(answer.json).QueryResponse).Customer).toEqual([
      {
        Id: "1",
        DisplayName: "Ann",
        MetaData: { CreateTime: "2026-11-26T01:00:00-08:00" },
        domain: "QBO",
        sparse: true,
      },
    ]);
  });

  it("takes a query as the body of a POST too, and knows entities in any case", async () => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/text" };
    const body = "select * from customer where Id = '1'";
    const answer = await fetch(`${base}/query?minorversion=75`, { method: "POST", headers, body });
    expect(await answer.json()).toMatchObject({ QueryResponse: { Customer: [{ DisplayName: "Ann" }] } });
  });

  it("compares references by their id", async () => {
    const made = await api.create("Class", { Name: "Parent" });
    await api.create("Class", { Name: "Child", ParentRef: { value: made.Id } });
    const answer = await api.query(`select * from Class where ParentRef = '${String(made.Id)}'`);
    expect(fieldsOf(answer.json).QueryResponse).toMatchObject({ Class: [{ FullyQualifiedName: "Parent:Child" }] });
  });
});

describe("refusals", () => {
  it.each([
    ["", "400/4000"],
    ["select", "400/4000"],
    ["select * from Customer where", "400/4000"],
    ["select * from Customer where DisplayName = 'O'Neil'", "400/4000"],
    ["select * from Customer where Id = '1' or Id = '2'", "400/4000"],
    ["select * from Customer where DisplayName = Ann", "400/4000"],
    ["select * from Customer where DisplayName != 'Ann'", "400/4000"],
    ["select * from Customer; drop table Customer", "400/4000"],
    ["delete from Customer", "400/4000"],
    ["select * from Dragon", "400/4001"],
    ["select * from Customer where Colour = 'red'", "400/4001"],
    ["select * from Customer where Notes = 'first'", "400/4001"],
    ["select * from Customer orderby Colour", "400/4001"],
    ["select * from Customer maxresults 1001", "400/4001"],
    ["select * from Customer startposition 0", "400/4001"],
  ])("%s", async (query, fault) => {
    expect(faultOf(await api.query(query))).toBe(fault);
  });
});
