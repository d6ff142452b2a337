import { describe, expect, it } from "vitest";
import { quickbooksQuery } from "./query-language.js";

describe("quickbooksQuery", () => {
  it("escapes quotes and backslashes, so that no value ends its literal", () => {
    const name = "O'Neill\\' or Balance > '0";
    expect(quickbooksQuery`select * from Customer where DisplayName = ${name}`).toBe(
      "select * from Customer where DisplayName = 'O\\'Neill\\\\\\' or Balance > \\'0'",
    );
  });

  it("writes lists, truth values, numbers and moments", () => {
    const since = new Date("2026-01-31T12:00:00.000Z");
    expect(
      quickbooksQuery`where Id in ${["1", "2"]} and Active = ${true} and Balance > ${10.5} and MetaData.CreateTime > ${since}`,
    ).toBe(
      "where Id in ('1', '2') and Active = true and Balance > '10.5' and MetaData.CreateTime > '2026-01-31T12:00:00Z'",
    );
  });

  it.each([[[]], [Number.NaN], [1e21], [new Date(Number.NaN)], ["a\nb"], ["\ud800"], ["\u0000"]])(
    "refuses %j",
    (value) => {
      expect(() => quickbooksQuery`select * from Item where Name = ${value}`).toThrowError(
        expect.objectContaining({ code: "VALIDATION_FAILED" }),
      );
    },
  );
});
