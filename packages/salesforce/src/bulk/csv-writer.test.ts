import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvWriter } from "./csv-writer.js";

function write(...records: Record<string, unknown>[]): string {
  const writer = new CsvWriter();
  const rows = records.map((record) => writer.write(record));
  return writer.header + rows.join("");
}

describe("CsvWriter", () => {
  it("writes texts that csv-parse reads back", () => {
    const text = fc.string({
      unit: fc.constantFrom('"', ",", "\n", "\r", " ", "a", "é", "😀", ";"),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (rows) => {
        const csv = write(...rows.map(([Name, Note__c]) => ({ Name, Note__c })));
        expect(parse(csv, { record_delimiter: "\n" })).toEqual([["Name", "Note__c"], ...rows]);
      }),
    );
  });

  it("empties a field for null and the empty text, and leaves it for undefined and what is missing", () => {
    expect(write({ A: 1, B: null, C: "" }, { A: undefined, B: 2 })).toBe("A,B,C\n1,#N/A,#N/A\n,2,\n");
  });

  it("writes numbers with all their digits and no exponent, booleans, big integers and instants", () => {
    const at = new Date("2026-11-26T10:00:00.123Z");
    const csv = write({ A: 1e21, B: -1.5e-7, C: 0.1, D: true, E: 12345678901234567890n, F: at, G: -0 });
    expect(csv.split("\n")[1]).toBe(
      "1000000000000000000000,-0.00000015,0.1,true,12345678901234567890,2026-11-26T10:00:00.123Z,0",
    );
  });

  it("writes every number so that it is read back as the same one", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = write({ A: number }).split("\n")[1] ?? "";
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Number(text)).toBe(number === 0 ? 0 : number);
      }),
    );
  });

  it("gives related records columns of their own, and leaves out what a query adds", () => {
    const attributes = { type: "Contact", url: "/x" };
    expect(
      write({ attributes, LastName: "A", Account: { attributes, ExtId__c: "x" } }, { LastName: "B", Account: null }),
    ).toBe("LastName,Account.ExtId__c\nA,x\nB,#N/A\n");
  });

  it("writes a row without values as a row", () => {
    expect(write({ A: 1 }, {})).toBe('A\n1\n""\n');
  });

  it.each([
    ["NaN", { A: Number.NaN }],
    ["infinity", { A: Number.POSITIVE_INFINITY }],
    ["an invalid date", { A: new Date(Number.NaN) }],
    ["a list", { A: ["x"] }],
    ["a function", { A: () => 1 }],
    ["half a surrogate pair", { A: "\ud83d" }],
    ["the text that empties a field", { A: "#N/A" }],
    ["a text that is too long", { A: "x".repeat(32_001) }],
    ["a name that is none", { "A,B": 1 }],
  ])("refuses %s", (_what, record) => {
    expect(() => write(record)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });

  it("refuses a field that has no column, and names the row", () => {
    expect(() => write({ A: 1 }, { A: 1, B: 2 })).toThrow(
      expect.objectContaining({ issues: [{ path: "rows.1.B", message: expect.stringContaining("columns") }] }),
    );
  });
});
