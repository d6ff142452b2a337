import { describe, expect, it } from "vitest";
import { readExactJson } from "./exact-json.js";

describe("readExactJson", () => {
  it.each([
    ["9007199254740993", "9007199254740993"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["12345678901234.56789", "12345678901234.56789"],
    ["0.30000000000000000001", "0.30000000000000000001"],
    ["1e400", "1e400"],
    ["9007199254740992", "9007199254740992"],
    ["9007199254740991", 9_007_199_254_740_991],
    ["1234567890123.456", "1234567890123.456"],
    ["1.50", 1.5],
    ["1e3", 1_000],
    ["-0.00000001", -1e-8],
    ["0", 0],
    ["-0.0", -0],
    ["12345678.9", 12_345_678.9],
  ])("reads %s as a number only where none of it is lost", (text, value) => {
    expect(readExactJson(`{"a":[${text}]}`)).toEqual({ a: [value] });
  });

  it.each([
    "9007199254740993",
    " 9007199254740993",
    "[1,9007199254740993]",
    '{"a":-9007199254740993}',
    '{"a" : 9007199254740993}',
    "[\n9007199254740993]",
  ])("finds the inexact number wherever it stands: %s", (text) => {
    expect(JSON.stringify(readExactJson(text))).toMatch(/"-?9007199254740993"/);
  });

  it("leaves texts that look like numbers alone", () => {
    expect(readExactJson('{"a":"9007199254740993.10"}')).toEqual({ a: "9007199254740993.10" });
  });

  it("gives undefined for what is not JSON, and null for null", () => {
    expect(readExactJson("{")).toBeUndefined();
    expect(readExactJson("null")).toBeNull();
  });
});
