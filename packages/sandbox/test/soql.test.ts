import { beforeAll, describe, expect, it } from "vitest";
import { RecordStore } from "../src/salesforce/data/record-store.js";
import { SalesforceError } from "../src/salesforce/errors.js";
import { account, contact, opportunity } from "../src/salesforce/schema/sales-objects.js";
import { task, user } from "../src/salesforce/schema/service-objects.js";
import { runQuery } from "../src/salesforce/soql/run-query.js";

// A Monday.
const now = Date.parse("2026-11-23T09:00:00Z");
const store = new RecordStore(() => now);

function run(soql: string, includeDeleted = false) {
  return runQuery({ store, soql, now, includeDeleted, version: 60 });
}

/** The `Name` (or `Subject`) of what a condition finds, in alphabetical order. */
function find(condition: string, from = "Account"): unknown[] {
  return run(`SELECT Name FROM ${from} WHERE ${condition} ORDER BY Name`).records.map(({ Name }) => Name);
}

beforeAll(() => {
  const ada =
    store.insert(user, { Username: "ada@x.example", FirstName: "Ada", LastName: "L", IsActive: true }, "").Id ?? null;
  const by = String(ada);
  const add = (values: Record<string, string | number | boolean | null>) =>
    String(store.insert(account, values, by).Id);
  const acme = add({
    Name: "Acme",
    Industry: "Banking",
    NumberOfEmployees: 10,
    AnnualRevenue: 1_000,
    Regions__c: "EMEA;APAC",
    CreatedDate: "2026-11-23T01:00:00.000+0000",
  });
  const beta = add({
    Name: "beta",
    Industry: "Energy",
    NumberOfEmployees: 20,
    AnnualRevenue: null,
    Regions__c: "APAC",
    CreatedDate: "2026-11-22T23:59:59.000+0000",
  });
  add({
    Name: "100% Été",
    Industry: null,
    NumberOfEmployees: null,
    Active__c: false,
    CreatedDate: "2025-06-01T00:00:00.000+0000",
    ParentId: acme,
  });
  add({
    Name: 'It\'s "C\\D"',
    Industry: "Banking",
    NumberOfEmployees: 30,
    AnnualRevenue: 3_000.5,
    CreatedDate: "2026-10-31T12:00:00.000+0000",
    ParentId: acme,
  });
  const gone = store.insert(account, { Name: "Deleted" }, by);
  store.remove(account, gone, by);
  const people: [string, string, string | null][] = [
    ["Zoë", "Alpha", acme],
    ["Yan", "Bravo", acme],
    ["Xi", "Charlie", beta],
    ["Will", "Delta", null],
  ];
  for (const [FirstName, LastName, AccountId] of people) store.insert(contact, { FirstName, LastName, AccountId }, by);
  const deals: [string, string, number | null, string][] = [
    ["D1", "Closed Won", 0.1, "2026-11-23"],
    ["D2", "Closed Won", 0.2, "2026-11-20"],
    ["D3", "Prospecting", 50, "2026-12-24"],
    ["D4", "Prospecting", null, "2025-01-01"],
  ];
  for (const [Name, StageName, Amount, CloseDate] of deals)
    store.insert(opportunity, { Name, StageName, Amount, CloseDate, AccountId: acme }, by);
  store.insert(task, { Subject: "Call", WhatId: acme, Status: "Not Started", Priority: "Normal" }, by);
  store.insert(
    task,
    { Subject: "Quote", WhatId: String([...store.all(opportunity)][2]?.Id), Status: "Not Started", Priority: "Normal" },
    by,
  );
});

describe("WHERE", () => {
  it.each([
    ["Name = 'ACME'", ["Acme"]],
    ["Name != 'acme'", ["100% Été", "beta", 'It\'s "C\\D"']],
    ["Name = 'It\\'s \\\"C\\\\D\\\"'", ['It\'s "C\\D"']],
    ["Name = '\\u0041cme'", ["Acme"]],
    ["Name LIKE 'a%'", ["Acme"]],
    ["Name LIKE '_eta'", ["beta"]],
    ["Name LIKE '100\\%%'", ["100% Été"]],
    ["Name LIKE '%été'", ["100% Été"]],
    ["(NOT Name LIKE '%e%')", ["100% Été", 'It\'s "C\\D"']],
    ["NumberOfEmployees > 10", ["beta", 'It\'s "C\\D"']],
    ["NumberOfEmployees >= 10 AND NumberOfEmployees < 30", ["Acme", "beta"]],
    ["NumberOfEmployees = null", ["100% Été"]],
    ["NumberOfEmployees != null", ["Acme", "beta", 'It\'s "C\\D"']],
    ["NumberOfEmployees IN (10, 30, null)", ["100% Été", "Acme", 'It\'s "C\\D"']],
    ["AnnualRevenue = 3000.50", ['It\'s "C\\D"']],
    ["Industry NOT IN ('Banking')", ["100% Été", "beta"]],
    ["Industry = ''", ["100% Été"]],
    ["Active__c = false", ["100% Été"]],
    ["Active__c != false AND Industry = 'energy'", ["beta"]],
    ["Name = 'Acme' OR (Industry = 'Banking' AND NOT (NumberOfEmployees = 10))", ["Acme", 'It\'s "C\\D"']],
    ["NOT (Name = 'Acme' OR Name = 'beta')", ["100% Été", 'It\'s "C\\D"']],
    ["CreatedDate = TODAY", ["Acme"]],
    ["CreatedDate = YESTERDAY", ["beta"]],
    ["CreatedDate < TODAY AND CreatedDate >= LAST_MONTH", ["beta", 'It\'s "C\\D"']],
    ["CreatedDate != THIS_YEAR", ["100% Été"]],
    ["CreatedDate = LAST_N_DAYS:1", ["Acme", "beta"]],
    ["CreatedDate > 2026-11-23T01:59:59+01:00", ["Acme"]],
    ["CreatedDate = 2026-11-23T01:00:00Z", ["Acme"]],
    ["CALENDAR_YEAR(CreatedDate) = 2025", ["100% Été"]],
    ["Regions__c INCLUDES ('EMEA')", ["Acme"]],
    ["Regions__c INCLUDES ('APAC;EMEA', 'AMER')", ["Acme"]],
    ["Regions__c EXCLUDES ('EMEA')", ["100% Été", "beta", 'It\'s "C\\D"']],
    ["Parent.Name = 'acme'", ["100% Été", 'It\'s "C\\D"']],
    ["Parent.Industry = null", ["Acme", "beta"]],
    ["Owner.Name = 'ada l' AND Name LIKE 'be%'", ["beta"]],
    ["Id IN (SELECT AccountId FROM Contact WHERE LastName >= 'Bravo')", ["Acme", "beta"]],
    ["Id NOT IN (SELECT AccountId FROM Contact)", ["100% Été", 'It\'s "C\\D"']],
    ["name < 'b'", ["100% Été", "Acme"]],
  ])("%s", (condition, expected) => {
    expect(find(condition)).toEqual(expected);
  });

  it("compares ids in both forms", () => {
    const [first] = run("SELECT Id FROM Account WHERE Name = 'Acme'").records;
    expect(find(`Id = '${String(first?.Id).slice(0, 15)}'`)).toEqual(["Acme"]);
    expect(find(`ParentId = '${String(first?.Id)}' AND Industry = 'Banking'`)).toEqual(['It\'s "C\\D"']);
  });

  it("compares dates", () => {
    expect(find("CloseDate = TODAY", "Opportunity")).toEqual(["D1"]);
    expect(find("CloseDate >= 2026-11-20 AND CloseDate <= 2026-11-23", "Opportunity")).toEqual(["D1", "D2"]);
    expect(find("CloseDate = NEXT_N_DAYS:40", "Opportunity")).toEqual(["D3"]);
    expect(find("IsWon = true", "Opportunity")).toEqual(["D1", "D2"]);
  });
});

describe("SELECT", () => {
  it("nests parents with their attributes, and gives null for none", () => {
    const { records } = run(
      "SELECT LastName, Account.Name, Account.Owner.Name FROM Contact c WHERE c.LastName IN ('Charlie', 'Delta')",
    );
    expect(records).toEqual([
      {
        attributes: {
          type: "Contact",
          url: expect.stringMatching(/^\/services\/data\/v60\.0\/sobjects\/Contact\/003/),
        },
        LastName: "Charlie",
        Account: {
          attributes: { type: "Account", url: expect.stringMatching(/\/Account\/001/) },
          Name: "beta",
          Owner: { attributes: { type: "User", url: expect.any(String) }, Name: "Ada L" },
        },
      },
      { attributes: expect.any(Object), LastName: "Delta", Account: null },
    ]);
  });

  it("brings children as results of their own", () => {
    const { records } = run(
      "SELECT Name, (SELECT FirstName FROM Contacts WHERE LastName != 'Bravo' ORDER BY LastName) FROM Account WHERE Name IN ('Acme', '100% Été')",
    );
    expect(records).toMatchObject([
      {
        Name: "Acme",
        Contacts: { totalSize: 1, done: true, records: [{ FirstName: "Zoë", attributes: { type: "Contact" } }] },
      },
      { Name: "100% Été", Contacts: null },
    ]);
  });

  it("walks to whatever a reference points to", () => {
    const { records } = run(
      "SELECT Subject, What.Name, TYPEOF What WHEN Opportunity THEN StageName ELSE Industry END FROM Task ORDER BY Subject",
    );
    expect(records).toMatchObject([
      { Subject: "Call", What: { attributes: { type: "Account" }, Industry: "Banking" } },
      { Subject: "Quote", What: { attributes: { type: "Opportunity" }, StageName: "Prospecting" } },
    ]);
    expect(run("SELECT What.Name FROM Task ORDER BY Subject").records).toMatchObject([
      { What: { Name: "Acme" } },
      { What: { Name: "D3" } },
    ]);
  });

  it("takes names in any letter case and answers with the right ones", () => {
    expect(run("select id, NAME, owner.NAME from ACCOUNT where name = 'acme'").records[0]).toMatchObject({
      Name: "Acme",
      Owner: { Name: "Ada L" },
    });
  });

  it("takes all fields at once, within a limit", () => {
    expect(Object.keys(run("SELECT FIELDS(CUSTOM) FROM Account LIMIT 1").records[0] ?? {})).toEqual([
      "attributes",
      "External_Id__c",
      "Regions__c",
      "Active__c",
    ]);
    expect(() => run("SELECT FIELDS(ALL) FROM Account")).toThrow(SalesforceError);
  });
});

describe("ORDER BY, LIMIT, OFFSET", () => {
  const names = (rest: string) => run(`SELECT Name FROM Account ${rest}`).records.map(({ Name }) => Name);
  it("orders words by the alphabet, nulls first unless asked otherwise, several keys", () => {
    expect(names("ORDER BY Name DESC")).toEqual(['It\'s "C\\D"', "beta", "Acme", "100% Été"]);
    expect(names("ORDER BY NumberOfEmployees")).toEqual(["100% Été", "Acme", "beta", 'It\'s "C\\D"']);
    expect(names("ORDER BY NumberOfEmployees DESC NULLS LAST")).toEqual(['It\'s "C\\D"', "beta", "Acme", "100% Été"]);
    expect(names("ORDER BY NumberOfEmployees DESC")).toEqual(["100% Été", 'It\'s "C\\D"', "beta", "Acme"]);
    expect(names("ORDER BY Industry NULLS LAST, NumberOfEmployees DESC")).toEqual([
      'It\'s "C\\D"',
      "Acme",
      "beta",
      "100% Été",
    ]);
    expect(names("ORDER BY Parent.Name NULLS LAST, Name")).toEqual(["100% Été", 'It\'s "C\\D"', "Acme", "beta"]);
    expect(names("ORDER BY CreatedDate LIMIT 2 OFFSET 1")).toEqual(['It\'s "C\\D"', "beta"]);
    expect(names("LIMIT 0")).toEqual([]);
  });
});

describe("aggregates", () => {
  const plain = (soql: string) => run(soql).records.map(({ attributes, ...rest }) => rest);
  it("count", () => {
    expect(run("SELECT COUNT() FROM Account WHERE Industry = 'Banking'")).toEqual({ totalSize: 2, records: [] });
    expect(run("SELECT COUNT(Id) FROM Account").records).toEqual([
      { attributes: { type: "AggregateResult" }, expr0: 4 },
    ]);
    expect(plain("SELECT COUNT(Industry), COUNT_DISTINCT(Industry) kinds FROM Account")).toEqual([
      { expr0: 3, kinds: 2 },
    ]);
  });

  it("sum up by group, without binary rounding", () => {
    expect(
      plain(
        "SELECT StageName, SUM(Amount), AVG(Amount) mean, MIN(CloseDate), MAX(Name) FROM Opportunity GROUP BY StageName ORDER BY StageName",
      ),
    ).toEqual([
      { StageName: "Closed Won", expr0: 0.3, mean: 0.15, expr1: "2026-11-20", expr2: "D2" },
      { StageName: "Prospecting", expr0: 50, mean: 50, expr1: "2025-01-01", expr2: "D4" },
    ]);
  });

  it("group by parents and by parts of dates, and filter and order groups", () => {
    expect(plain("SELECT Account.Name, COUNT(Id) n FROM Contact GROUP BY Account.Name HAVING COUNT(Id) > 1")).toEqual([
      { Name: "Acme", n: 2 },
    ]);
    expect(
      plain(
        "SELECT CALENDAR_YEAR(CloseDate) y, COUNT(Id) n FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate) ORDER BY COUNT(Id) DESC",
      ),
    ).toEqual([
      { y: 2026, n: 3 },
      { y: 2025, n: 1 },
    ]);
    expect(plain("SELECT SUM(Amount) FROM Opportunity WHERE Name = 'none'")).toEqual([{ expr0: null }]);
  });
});

describe("refusals", () => {
  function refusal(soql: string): { errorCode: string; message: string } {
    try {
      run(soql);
    } catch (error) {
      if (error instanceof SalesforceError) return error;
      throw error;
    }
    return { errorCode: "none", message: "" };
  }

  it.each([
    ["", "MALFORMED_QUERY"],
    ["SELECT FROM Account", "MALFORMED_QUERY"],
    ["SELECT Id FROM Account WHERE Name = foo", "MALFORMED_QUERY"],
    ["SELECT Id FROM Account WHERE Name = 'x", "MALFORMED_QUERY"],
    ["SELECT Id FROM Account WHERE Name = :name", "MALFORMED_QUERY"],
    ["SELECT Id FROM Account WHERE A = 1 AND B = 2 OR C = 3", "INVALID_FIELD"],
    ["SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY"],
    ["SELECT Id FROM Account LIMIT x", "MALFORMED_QUERY"],
    ["SELECT Id FROM Acount", "INVALID_TYPE"],
    ["SELECT Nome FROM Account", "INVALID_FIELD"],
    ["SELECT Boss.Name FROM Account", "INVALID_FIELD"],
    ["SELECT (SELECT Id FROM Kontakte) FROM Account", "INVALID_FIELD"],
    ["SELECT Id FROM Account WHERE Nome = 'x'", "INVALID_FIELD"],
    ["SELECT Id FROM Account WHERE NumberOfEmployees = '3'", "INVALID_FIELD"],
    ["SELECT Id FROM Account WHERE Name = 3", "INVALID_FIELD"],
    ["SELECT Id FROM Account WHERE CreatedDate = 2026-01-01", "INVALID_FIELD"],
    ["SELECT Id FROM Account WHERE Id = 'abc'", "INVALID_FIELD"],
    ["SELECT Id FROM Account WHERE BillingAddress = 'x'", "INVALID_FIELD"],
    ["SELECT Id FROM Account WHERE CreatedDate = 2026-02-30T00:00:00Z", "MALFORMED_QUERY"],
    ["SELECT Id FROM Account ORDER BY Nome", "INVALID_FIELD"],
    ["SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"],
    ["SELECT SOUNDEX(Name) FROM Account", "MALFORMED_QUERY"],
  ])("%s: %s", (soql, errorCode) => {
    expect(refusal(soql).errorCode).toBe(errorCode);
  });

  it("show the place", () => {
    expect(refusal("SELECT Nome FROM Account").message).toMatch(
      /^\nSELECT Nome FROM Account\n {7}\^\nERROR at Row:1:Column:8\nNo such column 'Nome' on entity 'Account'\./,
    );
    expect(refusal("SELECT Id FROM Acount").message).toContain(
      "ERROR at Row:1:Column:16\nsObject type 'Acount' is not supported.",
    );
  });
});
