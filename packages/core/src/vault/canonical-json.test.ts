import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "./canonical-json.js";

describe("canonicalJson", () => {
  it("writes the example of RFC 8785, 3.2.2 as the RFC does", () => {
    const value = {
      numbers: [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it("puts properties in the order of UTF-16 code units, as RFC 8785, 3.2.3 shows", () => {
    const names = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const value = Object.fromEntries(names.map((name) => [name, 0]));
    const expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"];
    expect([...canonicalJson(value).matchAll(/"(.*?)":0/g)].map(([, name]) => JSON.parse(`"${name}"`))).toEqual(
      expected,
    );
  });

  it("reads back as what JSON keeps of a value, and is written the same again", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it("refuses what is nested deeper than it is told", () => {
    expect(canonicalJson({ a: [{}] }, 3)).toBe('{"a":[{}]}');
    expect(() => canonicalJson({ a: [{}] }, 2)).toThrowError(expect.objectContaining({ code: "VALIDATION_FAILED" }));
    expect(() => canonicalJson({ a: new Date(0), b: [[]] }, 2)).toThrowError(/nested too deep/);
  });

  it("keeps properties named like those of every object", () => {
    expect(canonicalJson(JSON.parse('{"constructor":1,"__proto__":{"b":1,"a":2}}'))).toBe(
      '{"__proto__":{"a":2,"b":1},"constructor":1}',
    );
  });

  it.each([
    ["undefined", undefined],
    ["a function", () => 1],
    ["a BigInt", { a: 1n }],
    ["what nests without end", nest(200_000)],
  ])("refuses %s", (_, value) => {
    expect(() => canonicalJson(value)).toThrowError(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });
});

function nest(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}
