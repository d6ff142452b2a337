import { describe, expect, it } from "vitest";
import { escapeLike, soql, soqlIdentifier } from "./soql.js";

describe("soql", () => {
  it("writes each value as a literal of its type", () => {
    const day = new Date("2026-11-23T01:02:03.004Z");
    expect(soql`a = ${"x"} b = ${1.5} c = ${true} d = ${null} e = ${day} f = ${12345678901234567890n}`).toBe(
      "a = 'x' b = 1.5 c = TRUE d = null e = 2026-11-23T01:02:03.004Z f = 12345678901234567890",
    );
    expect(soql`Name IN ${["a", "b'c"]}`).toBe("Name IN ('a', 'b\\'c')");
    expect(soql`${1e21} ${1e-7} ${-0.5}`).toBe("1000000000000000000000 0.0000001 -0.5");
  });

  it.each(["O'Neil", "\\", "\\'", "' OR Name != '", "a\nb\r\tc", 'say "x"', "\u{1f600}'", "%_", "\b\f"])(
    "keeps %j inside its quotes",
    (value) => {
      const literal = soql`${value}`;
      expect(literal).toMatch(/^'(?:[^'\\\n\r\t\b\f"]|\\[\\'"nrtbf])*'$/);
    },
  );

  it.each([undefined, Number.NaN, Number.POSITIVE_INFINITY, new Date("never"), {}, []])("refuses %s", (value) => {
    // What types forbid still arrives from JavaScript.
    const build: (texts: TemplateStringsArray, ...values: unknown[]) => string = soql as never;
    expect(() => build`a = ${value}`).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });
});

describe("soqlIdentifier", () => {
  it("lets names stand, one or several", () => {
    const query = soql`SELECT ${soqlIdentifier("Id", "Owner.Name")} FROM ${soqlIdentifier("acme__Invoice__c")}`;
    expect(query).toBe("SELECT Id, Owner.Name FROM acme__Invoice__c");
  });

  it.each(["", "Id FROM User", "Name'", "1abc", "a..b", "COUNT()", "Nàme", "a,b"])("refuses %j", (name) => {
    expect(() => soqlIdentifier(name)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });

  it("refuses an empty list", () => {
    expect(() => soqlIdentifier()).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });
});

describe("escapeLike", () => {
  it("makes the wildcards of a pattern mean themselves", () => {
    expect(soql`Name LIKE ${`${escapeLike("50%_\\")}%`}`).toBe("Name LIKE '50\\\\%\\\\_\\\\\\\\%'");
  });
});
