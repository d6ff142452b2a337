import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecimalJson, stringifyDecimalJson } from "./decimal-json.js";

describe("parseDecimalJson", () => {
  it("gives amounts as the digits that were sent", () => {
    const text =
      '{"TotalAmt":100.10,"Balance":0,"Line":[{"Amount":0.1,"LineNum":1},{"UnitPrice":12345678901234567.89}]}';
    expect(parseDecimalJson(text)).toEqual({
      TotalAmt: "100.10",
      Balance: "0",
      Line: [{ Amount: "0.1", LineNum: 1 }, { UnitPrice: "12345678901234567.89" }],
    });
  });

  // https://developer.intuit.com/app/developer/qbo/docs/api/accounting/most-commonly-used/item and estimate, under "Decimal".
  it("keeps the digits of the rates and quantities that India, France and bundles have", () => {
    const text =
      '{"AbatementRate":40.00,"ReverseChargeRate":0.10,"GroupLineDetail":{"Quantity":1.50,"Line":[{"DiscountRate":7.50}]}}';
    expect(parseDecimalJson(text)).toEqual({
      AbatementRate: "40.00",
      ReverseChargeRate: "0.10",
      GroupLineDetail: { Quantity: "1.50", Line: [{ DiscountRate: "7.50" }] },
    });
    expect(stringifyDecimalJson(parseDecimalJson(text))).toBe(text);
  });

  it("writes exponents out", () => {
    expect(parseDecimalJson('{"Amount":1.5e-3,"Balance":1.0E7,"TotalAmt":-12.5E1,"Qty":12.345E1}')).toEqual({
      Amount: "0.0015",
      Balance: "10000000",
      TotalAmt: "-125",
      Qty: "123.45",
    });
  });

  it("takes nothing in a text for an amount", () => {
    const texts = ['"Amount":5,', '\\"Amount":5}', "[1e5,", ': 12345678901234567, "Amount":1.0'];
    for (const Description of texts) {
      const text = JSON.stringify({ Description, [Description]: 1, Amount: 5 });
      expect(parseDecimalJson(text)).toEqual({ Description, [Description]: 1, Amount: "5" });
    }
  });

  it("reads any JSON as JSON.parse does, but for the amounts", () => {
    const key = fc.constantFrom("Amount", "Name", '"Amount":1', "Line");
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom('"Amount":1,', "\\", '"'),
        fc.integer(),
        fc.boolean(),
        tie("object"),
        tie("array"),
      ),
      object: fc.dictionary(key, tie("any"), { maxKeys: 4 }),
      array: fc.array(tie("any"), { maxLength: 4 }),
    })).any;
    const withAmounts = (item: unknown, name = ""): unknown => {
      if (typeof item === "number") return name === "Amount" ? String(item) : item;
      if (Array.isArray(item)) return item.map((each) => withAmounts(each));
      if (typeof item !== "object" || item === null) return item;
      return Object.fromEntries(Object.entries(item).map(([field, each]) => [field, withAmounts(each, field)]));
    };
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1), (given, indent) => {
        expect(parseDecimalJson(JSON.stringify(given, undefined, indent))).toEqual(withAmounts(given));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps a number of an unknown field, unless a double cannot hold it", () => {
    expect(parseDecimalJson('{"Weight":1.25,"Serial":9007199254740993,"Name":"12.50"}')).toEqual({
      Weight: 1.25,
      Serial: "9007199254740993",
      Name: "12.50",
    });
  });
});

describe("stringifyDecimalJson", () => {
  it("writes amounts as numbers with all their digits, and other strings as strings", () => {
    expect(stringifyDecimalJson({ Amount: "100.10", DocNumber: "1001", Qty: 2 })).toBe(
      '{"Amount":100.10,"DocNumber":"1001","Qty":2}',
    );
  });

  it.each(["", "1,50", "1e3", "01", "NaN", "1.", "0x10", " 1", '1,"Id":2'])("refuses the amount %j", (amount) => {
    expect(() => stringifyDecimalJson({ Line: [{ Amount: amount }] })).toThrowError(
      expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path: "Amount" })] }),
    );
  });

  it("refuses what is no number", () => {
    expect(() => stringifyDecimalJson({ Amount: Number.NaN })).toThrowError(/Amount/);
  });

  it("gives back every amount that it is given", () => {
    const amount = fc.tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: 0, max: 7 }));
    fc.assert(
      fc.property(amount, ([units, places]) => {
        const sign = units < 0n ? "-" : "";
        const digits = String(units < 0n ? -units : units).padStart(places + 1, "0");
        const whole = digits.slice(0, digits.length - places);
        const text = sign + whole + (places === 0 ? "" : `.${digits.slice(digits.length - places)}`);
        expect(parseDecimalJson(stringifyDecimalJson({ Amount: text }))).toEqual({ Amount: text });
      }),
    );
  });
});
