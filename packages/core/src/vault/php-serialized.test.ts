import { describe, expect, it } from "vitest";
import { parsePhpSerialized } from "./php-serialized.js";

const parse = (text: string) => parsePhpSerialized(Buffer.from(text));

describe("parsePhpSerialized", () => {
  it.each([
    ['s:3:"€";', "€"],
    ['s:3:"";"";', '";"'],
    ["i:-5;", -5],
    ["d:1.0E+25;", 1e25],
    ["d:-0;", -0],
    ['a:2:{i:0;s:1:"a";i:1;N;}', ["a", null]],
    ['a:2:{i:1;s:1:"a";i:0;N;}', { 1: "a", 0: null }],
    ["a:0:{}", []],
  ])("reads %s", (text, value) => expect(parse(text)).toEqual(value));

  it("keeps a key named __proto__ as a plain property", () => {
    const value = parse('a:1:{s:9:"__proto__";a:1:{s:7:"isAdmin";b:1;}}');
    expect(Object.keys(value ?? {})).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value).not.toHaveProperty("isAdmin");
  });

  it.each([
    ["", "no type"],
    ["N", 'no ";"'],
    ["N;N;", "behind the end"],
    ["b:2;", "boolean"],
    ["i:;", "number"],
    ["i:1.5;", "number"],
    ["i:0x1F;", "number"],
    ["i:-0;", "number"],
    ["i:9007199254740992;", "integer"],
    ["d:1E999;", "number"],
    ["d:INF;", "number"],
    ['s:4:"abc";', 'no """'],
    ['s:2:"abc";', 'no """'],
    ['s:999999999:"a";', "longer than the value"],
    ['s:-1:"a";', "length"],
    ['S:1:"\\61";', "no type"],
    ["a:1:{}", "array key"],
    ["a:999999999:{i:0;N;}", "array key"],
    ["a:1:{b:1;N;}", "array key"],
    ["a:1:{i:0;N;", 'no "}"'],
    ['a:2:{i:1;N;s:1:"1";N;}', "twice"],
    ['O:8:"stdClass":0:{}', "PHP object"],
    ['C:3:"Foo":0:{}', "PHP object"],
    ['E:6:"Suit:H";', "PHP object"],
    ["a:2:{i:0;N;i:1;R:2;}", "reference"],
    [`${"a:1:{i:0;".repeat(100_000)}N;${"}".repeat(100_000)}`, "inside each other"],
  ])("refuses %.40s", (text, words) => {
    expect(() => parse(text)).toThrowError(expect.objectContaining({ code: "SEALED_VALUE_UNREADABLE" }));
    expect(() => parse(text)).toThrow(words);
  });
});
