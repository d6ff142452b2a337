import { describe, expect, it } from "vitest";
import { soqlIdentifier } from "./soql.js";
import { sosl } from "./sosl.js";

describe("sosl", () => {
  it("escapes every reserved character of what is searched for", () => {
    const term = `a?&|!{}[]()^~*:\\"'+-b`;
    const escaped = String.raw`a\?\&\|\!\{\}\[\]\(\)\^\~\*\:\\\"\'\+\-b`;
    expect(sosl`FIND {${term}} IN ALL FIELDS RETURNING Account`).toBe(
      `FIND {${escaped}} IN ALL FIELDS RETURNING Account`,
    );
  });

  it("leaves words out that are nothing but punctuation, unless there is nothing else", () => {
    expect(sosl`FIND {${"rock & roll -"}}`).toBe("FIND {rock roll}");
    expect(sosl`FIND {${"& *"}}`).toBe(String.raw`FIND {\& \*}`);
    expect(sosl`FIND {"${"rock & roll"}"}`).toBe(String.raw`FIND {"rock \& roll"}`);
  });

  it("keeps a value that wants to end the braces within them", () => {
    expect(sosl`FIND {${"x} RETURNING User(Email"}} RETURNING Account`).toBe(
      String.raw`FIND {x\} RETURNING User\(Email} RETURNING Account`,
    );
  });

  it.each([
    ["cats AND dogs", 'cats "AND" dogs'],
    ["this or not", 'this "or" "not"'],
    ["rock-and-roll", String.raw`rock\-and\-roll`],
    ["Anderson Nottingham", "Anderson Nottingham"],
    ["line\nbreak", "line break"],
    ["Müller 株式会社", "Müller 株式会社"],
  ])("searches for the words of %j", (term, text) => {
    expect(sosl`FIND {${term}}`).toBe(`FIND {${text}}`);
  });

  it("puts no quotes into a phrase", () => {
    expect(sosl`FIND {"${'rock "and" roll'}" OR ${"AND"}}`).toBe(String.raw`FIND {"rock \"and\" roll" OR "AND"}`);
  });

  it("lets the program's own wildcards and operators stand", () => {
    expect(sosl`FIND {${"ac-me"}* AND NOT ${"x?"}}`).toBe(String.raw`FIND {ac\-me* AND NOT x\?}`);
  });

  it("writes literals outside of the braces, as soql does", () => {
    const search = sosl`FIND {${"a"}} RETURNING Account(Id WHERE Name = ${"O'Neil {"} AND Size__c IN ${[1, 2]} LIMIT ${5}), ${soqlIdentifier("Lead")}(Id WHERE X = ${null})`;
    expect(search).toBe(
      String.raw`FIND {a} RETURNING Account(Id WHERE Name = 'O\'Neil {' AND Size__c IN (1, 2) LIMIT 5), Lead(Id WHERE X = null)`,
    );
  });

  it("takes a brace within the program's own literal for no brace of FIND", () => {
    expect(sosl`FIND {${"a"}} RETURNING Account(Id WHERE Name = '{' AND Site = ${"b"})`).toBe(
      "FIND {a} RETURNING Account(Id WHERE Name = '{' AND Site = 'b')",
    );
  });

  it.each([
    ["an empty term", () => sosl`FIND {${" "}}`],
    ["a number as a term", () => sosl`FIND {${5}}`],
    ["a list as a term", () => sosl`FIND {${["a"]}}`],
    ["broken Unicode", () => sosl`FIND {${"\ud800"}}`],
    ["a value in the program's own quotes", () => sosl`FIND {a} RETURNING Account(Id WHERE Name = '${"x"}')`],
    ["NaN", () => sosl`FIND {a} RETURNING Account(Id WHERE Size__c = ${Number.NaN})`],
  ])("refuses %s", (_name, build) => {
    expect(build).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });
});
