import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { parseSosl } from "../../src/salesforce/search/parse-sosl.js";
import { readSearchTerms } from "../../src/salesforce/search/search-terms.js";
import { Caller } from "./caller.js";

let sandbox: SalesforceSandbox;
let caller: Caller;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true, seed: false });
  caller = await Caller.signIn(sandbox);
  for (const [Name, Phone] of [
    ["Fjordline Shipping", "555-0101"],
    ["Fjord & Sons", "555-0102"],
    ["Harbour Works (North)", "555-0103"],
  ]) {
    await caller.create("Account", { Name, Phone, Description: "Ropes and anchors" });
  }
  await caller.create("Contact", { LastName: "O'Hara", FirstName: "Maud", Email: "maud@fjord.example" });
});
afterAll(() => sandbox.close());

interface Found {
  attributes: { type: string };
  Id: string;
  Name?: string;
}

async function search(sosl: string, version = "v60.0"): Promise<Found[]> {
  const { status, json, text } = await caller.get(`/search?q=${encodeURIComponent(sosl)}`, {}, version);
  if (status !== 200) throw new Error(text);
  return version === "v36.0" ? (json as Found[]) : (json as { searchRecords: Found[] }).searchRecords;
}

const names = async (sosl: string) => (await search(sosl)).map(({ Name }) => Name);
const refusal = async (sosl: string) => {
  const { status, json } = await caller.get(`/search?q=${encodeURIComponent(sosl)}`);
  return [status, (json as { errorCode: string }[])[0]?.errorCode];
};

describe("a SOSL search", () => {
  it("finds records of all objects by whole words, whatever their letter case", async () => {
    const found = await search("FIND {fjord}");
    expect(found.map(({ attributes }) => attributes.type).sort()).toEqual(["Account", "Contact"]);
    expect(Object.keys(found[0] ?? {})).toEqual(["attributes", "Id"]);
    expect(await search("FIND {fjor}")).toEqual([]);
  });

  it("gives the fields of the objects that it names, filtered, ordered and limited", async () => {
    expect(
      await names("FIND {anchors} RETURNING Account(Id, Name WHERE Phone LIKE '%010%' ORDER BY Name DESC LIMIT 2)"),
    ).toEqual(["Harbour Works (North)", "Fjordline Shipping"]);
    expect(
      await names("FIND {fjord*} IN ALL FIELDS RETURNING Contact(Name), Account(Name ORDER BY Name) LIMIT 2"),
    ).toEqual(["Maud O'Hara", "Fjord & Sons"]);
    expect(await names("FIND {anchors} RETURNING Account(Name WHERE Name IN ('Fjord & Sons', 'a) b'))")).toEqual([
      "Fjord & Sons",
    ]);
  });

  it("looks into the fields that it names only", async () => {
    const accounts = "RETURNING Account(Name)";
    expect(await names(`FIND {anchors} IN NAME FIELDS ${accounts}`)).toEqual([]);
    expect(await names(`FIND {0103} IN PHONE FIELDS ${accounts}`)).toEqual(["Harbour Works (North)"]);
    expect(await names("FIND {maud\\@fjord.example} IN EMAIL FIELDS RETURNING Contact(Name)")).toEqual(["Maud O'Hara"]);
  });

  it("knows wildcards, phrases, AND, OR, NOT, parentheses and escaped characters", async () => {
    const find = (terms: string) => names(`FIND {${terms}} RETURNING Account(Name ORDER BY Name)`);
    expect(await find("fj*ing")).toEqual([]);
    expect(await find("fjord?ine")).toEqual(["Fjordline Shipping"]);
    expect(await find('"ropes and anchors" AND sons')).toEqual(["Fjord & Sons"]);
    expect(await find('"anchors ropes"')).toEqual([]);
    expect(await find("(sons OR shipping) anchors")).toEqual(["Fjord & Sons", "Fjordline Shipping"]);
    expect(await find("anchors AND NOT fjord*")).toEqual(["Harbour Works (North)"]);
    expect(await find("Fjord\\&Sons")).toEqual(["Fjord & Sons"]);
    expect(await find("Works\\(North\\)")).toEqual(["Harbour Works (North)"]);
    expect(await names("FIND {O\\'Hara} RETURNING Contact(Name)")).toEqual(["Maud O'Hara"]);
  });

  it("is refused with a code when it is malformed", async () => {
    for (const sosl of [
      "FIND fjord",
      "FIND {}",
      "FIND {(fjord}",
      "FIND {a:bc}",
      'FIND {"fjord}',
      "FIND {fjord} IN SOME FIELDS",
      "FIND {fjord} RETURNING Account(Name",
      "FIND {fjord} RETURNING Account(Name WHERE)",
      "FIND {fjord} LIMIT x",
      "",
    ]) {
      expect([sosl, ...(await refusal(sosl))]).toEqual([sosl, 400, "MALFORMED_SEARCH"]);
    }
    expect(await refusal("FIND {f}")).toEqual([400, "INVALID_SEARCH"]);
    expect(await refusal("FIND {fjord} RETURNING Nothing")).toEqual([400, "INVALID_TYPE"]);
    expect(await refusal("FIND {fjord} RETURNING Account(Nope)")).toEqual([400, "INVALID_FIELD"]);
  });

  it("gives a bare list up to version 36", async () => {
    expect(await search("FIND {shipping} RETURNING Account", "v36.0")).toHaveLength(1);
  });
});

describe("a search by parameters", () => {
  it("takes them in the URL or as JSON", async () => {
    const query = "q=fjord*&sobject=Account&Account.fields=Id,Name&Account.where=Phone%3D'555-0102'&Account.limit=10";
    const expected = { searchRecords: [{ attributes: { type: "Account" }, Name: "Fjord & Sons" }] };
    expect((await caller.get(`/parameterizedSearch/?${query}`)).json).toMatchObject(expected);
    const body = {
      q: "fjord*",
      fields: ["Id", "Name"],
      sobjects: [{ name: "Account", where: "Phone = '555-0102'", limit: 10 }],
    };
    expect((await caller.post("/parameterizedSearch", body)).json).toMatchObject(expected);
    const all = (await caller.post("/parameterizedSearch", { q: "fjord", in: "NAME", overallLimit: 1 })).json;
    expect((all as { searchRecords: object[] }).searchRecords).toHaveLength(1);
    expect((await caller.get("/parameterizedSearch?sobject=Account")).status).toBe(400);
  });
});

describe("any text at all", () => {
  it("is either a search or refused as malformed, in no time", () => {
    const parts = [
      "FIND",
      "{",
      "}",
      "IN",
      "ALL",
      "FIELDS",
      "RETURNING",
      "Account",
      "(",
      ")",
      "Id",
      ",",
      "WITH",
      "LIMIT",
      "2",
    ];
    const more = ["AND", "OR", "NOT", '"', "\\\\", "*", "?", "ab", "&", "'", " ", "WHERE", "UPDATE", "USING", "\n"];
    const texts = fc.array(fc.oneof(fc.constantFrom(...parts, ...more), fc.string({ maxLength: 4 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(texts, texts, (terms, rest) => {
        for (const sosl of [rest.join(" "), `FIND {${terms.join("")}} ${rest.join(" ")}`]) {
          try {
            readSearchTerms(parseSosl(sosl).terms);
          } catch (error) {
            expect(error).toMatchObject({
              status: 400,
              errorCode: expect.stringMatching(/^(MALFORMED|INVALID)_SEARCH$/),
            });
          }
        }
      }),
      { numRuns: 500 },
    );
    const long = `FIND {ab} RETURNING Account(Id)${" WITH x".repeat(2_000)} nothing here)`;
    const started = performance.now();
    expect(parseSosl(long).limit).toBe(2_000);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
