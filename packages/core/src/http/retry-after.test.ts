import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "./retry-after.js";

const now = Date.UTC(2026, 0, 1, 12);

describe("parseRetryAfter", () => {
  it.each([
    ["seconds", "120", 120_000],
    ["zero", "0", 0],
    ["spaces around", " 5 ", 5000],
    ["an HTTP date", "Thu, 01 Jan 2026 12:00:30 GMT", 30_000],
    ["a date in the obsolete RFC 850 form", "Thursday, 01-Jan-26 12:00:30 GMT", 30_000],
    ["a date in the asctime form", "Thu Jan  1 12:00:30 2026", 30_000],
    ["a date that is past", "Thu, 01 Jan 2026 11:00:00 GMT", 0],
    ["the first of several", ["7", "9"], 7000],
    ["more seconds than a number can count", "9".repeat(400), Number.MAX_SAFE_INTEGER],
    ["two that were joined on the way", "7, 9", undefined],
    ["a missing header", undefined, undefined],
    ["an empty header", "", undefined],
    ["a negative number", "-5", undefined],
    ["a fraction", "1.5", undefined],
    ["words", "soon", undefined],
    ["a broken date", "Thu, 99 Foo 2026", undefined],
  ])("reads %s", (_kind, header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});
