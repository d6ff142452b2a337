import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseWithCap } from "../../../test/support/compile-cds.js";
import { modelOf, readFixtureModel } from "../../../test/support/odata-models.js";
import { all, and, any, contains, endsWith, eq, ge, gt, isIn, le, lt, ne, not, or, startsWith } from "./conditions.js";
import { type Filter, filterSchema } from "./filter.js";
import { writeFilter } from "./write-filter.js";

const partners = readFixtureModel("API_BUSINESS_PARTNER");
const partnerType = "API_BUSINESS_PARTNER.A_BusinessPartnerType";
const orders = readFixtureModel("orders-v4");
const orderType = "com.example.orders.Order";

const v2 = (filter: Filter) => writeFilter(partners, partnerType, filter);
const v4 = (filter: Filter) => writeFilter(orders, orderType, filter);

describe("writeFilter", () => {
  it.each([
    [eq("BusinessPartnerFullName", "O'Reilly"), "BusinessPartnerFullName eq 'O''Reilly'"],
    [ne("Customer", null), "Customer ne null"],
    [ge("CreationDate", "2026-11-26"), "CreationDate ge datetime'2026-11-26T00:00:00'"],
    [lt("CreationTime", "09:30:00"), "CreationTime lt time'PT09H30M00S'"],
    [le("YY1_Rating_bus", "4.555"), "YY1_Rating_bus le 4.555M"],
    [
      eq("BusinessPartnerUUID", "42010aef-0de5-1edb-8a9e-cc4a5c1d7f00"),
      "BusinessPartnerUUID eq guid'42010aef-0de5-1edb-8a9e-cc4a5c1d7f00'",
    ],
    [contains("BusinessPartnerFullName", "x"), "substringof('x',BusinessPartnerFullName)"],
    [startsWith("BusinessPartnerFullName", "x"), "startswith(BusinessPartnerFullName,'x')"],
    [isIn("Customer", ["1", "2"]), "(Customer eq '1' or Customer eq '2')"],
    [isIn("Customer", ["1"]), "Customer eq '1'"],
    [
      and(eq("Customer", "1"), or(eq("Customer", "2"), not(eq("BusinessPartnerIsBlocked", true)))),
      "(Customer eq '1') and ((Customer eq '2') or (not (BusinessPartnerIsBlocked eq true)))",
    ],
  ])("writes %j for v2", (filter, text) => {
    expect(v2(filter)).toBe(text);
  });

  it.each([
    [gt("Id", "9007199254740993"), "Id gt 9007199254740993"],
    [eq("Status", "Closed"), "Status eq com.example.orders.Status'Closed'"],
    [eq("Address/City", "Köln"), "Address/City eq 'Köln'"],
    [eq("Customer/Name", "x"), "Customer/Name eq 'x'"],
    [eq("Number", "a number longer than its type"), "Number eq 'a number longer than its type'"],
    [contains("Number", "x"), "contains(Number,'x')"],
    [endsWith("Number", "x"), "endswith(Number,'x')"],
    [any("Tags", eq("$this", "a'b")), "Tags/any(x0:x0 eq 'a''b')"],
    [any("Items"), "Items/any()"],
    [all("Items", gt("Quantity", 1)), "Items/all(x0:x0/Quantity gt 1)"],
    [
      any("Items", and(gt("Quantity", 1), any("Order/Items", eq("Position", 2)))),
      "Items/any(x0:(x0/Quantity gt 1) and (x0/Order/Items/any(x1:x1/Position eq 2)))",
    ],
    [gt("Items/$count", 3), "Items/$count gt 3"],
  ])("writes %j for v4", (filter, text) => {
    expect(v4(filter)).toBe(text);
  });

  it.each([
    ["an unknown field", eq("Nonsense", 1), "Nonsense"],
    ["a field that is an expression", eq("Number eq 'x' or Number", "x"), "Number eq 'x' or Number"],
    ["a field of what is inherited by every object", eq("constructor", "x"), "constructor"],
    ["a value of another type", eq("Total", "much"), "Total"],
    ["a value that is an expression", eq("Id", "1 or 1 eq 1"), "Id"],
    ["a member that is an expression", eq("Status", "Open' or 1 eq 1 or 'x"), "Status"],
    ["a duration that ends early", eq("Takes", "PT1S' or 'a' eq 'a"), "Takes"],
    ["half of a character", eq("Number", "\udc00"), "Number"],
    ["an order with null", gt("Total", null), "Total"],
    ["text in a number", contains("Total", "1"), "Total"],
    ["a complex property", eq("Address", "x"), "Address"],
    ["a navigation", eq("Customer", "x"), "Customer"],
    ["a collection", eq("Tags", "x"), "Tags"],
    ["a step over a collection", eq("Items/Quantity", 1), "Items/Quantity"],
    ["any over what is no collection", any("Total", eq("$this", 1)), "Total"],
    ["a field of an item that has none", any("Tags", eq("Name", "x")), "Name"],
    ["a place, which has no literal", eq("Place", "x"), "Place"],
    ["a count of what cannot be counted", gt("Total/$count", 1), "Total/$count"],
    ["no value", isIn("Total", []), "Total"],
  ])("refuses %s, and names it", (_name, filter, path) => {
    expect(() => v4(filter)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path })] }),
    );
  });

  it("refuses what the metadata says may not be filtered by, and any in v2", () => {
    expect(() => v2(eq("ETag", "x"))).toThrow(/ETag/);
    expect(() => v2(any("to_BusinessPartnerAddress"))).toThrow(/v2/);
  });

  it("refuses a condition that says two things, or nothing", () => {
    const path = expect.stringMatching(/^(or\.1)?$/);
    const two = { field: "Total", gt: 1, lt: 2 };
    for (const filter of [two, {}, { field: "Total" }, or(eq("Total", 1), two)]) {
      expect(() => v4(filter)).toThrow(expect.objectContaining({ issues: [expect.objectContaining({ path })] }));
    }
    expect(() => v4({ eq: 1 })).toThrow(/field/);
    expect(() => v4({ field: "Total", and: [eq("Total", 1)] })).toThrow(/beside/);
  });

  it("names all that is wrong in one error", () => {
    const filter = and(eq("A", 1), or(eq("Total", "x"), eq("B", 2)));
    expect(() => v4(filter)).toThrow(
      expect.objectContaining({ issues: ["A", "Total", "B"].map((path) => expect.objectContaining({ path })) }),
    );
  });
});

const hostileText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc
    .array(
      fc.constantFrom(
        "'",
        "''",
        "\\",
        "\\'",
        "%27",
        "%2527",
        "%",
        "' or 1 eq 1",
        "') or true",
        '"',
        "&$top=1",
        "#",
        "+",
        " ",
        "\0",
        "\n",
        ";",
        "(",
        ")",
        "/",
        "\u2028",
        "ʼ",
        "＇",
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join("")),
);

describe("a value in a filter", () => {
  const model = modelOf("v4", { Name: 'Type="Edm.String"', Other: 'Type="Edm.String"' });

  it("is the same value to SAP's own parser, and nothing beside it, whatever text it is", () => {
    fc.assert(
      fc.property(hostileText, hostileText, (first, second) => {
        const filter = and(eq("Name", first), contains("Other", second));
        const url = `/Things?$filter=${encodeURIComponent(writeFilter(model, "S.Thing", filter))}`;
        expect(parseWithCap(url)).toMatchObject({
          SELECT: {
            where: [
              { xpr: [{ ref: ["Name"] }, "=", { val: first }] },
              "and",
              { xpr: [{ func: "contains", args: [{ ref: ["Other"] }, { val: second }] }] },
            ],
          },
        });
      }),
      { numRuns: 200 },
    );
  });

  it("is the same value in the words of v2, too", () => {
    const older = modelOf("v2", { Name: 'Type="Edm.String"', Other: 'Type="Edm.String"' });
    fc.assert(
      fc.property(hostileText, hostileText, (first, second) => {
        const text = writeFilter(older, "S.Thing", or(ne("Name", first), startsWith("Other", second)));
        expect(parseWithCap(`/Things?$filter=${encodeURIComponent(text)}`)).toMatchObject({
          SELECT: {
            where: [
              { xpr: [{ ref: ["Name"] }, "!=", { val: first }] },
              "or",
              { xpr: [{ func: "startswith", args: [{ ref: ["Other"] }, { val: second }] }] },
            ],
          },
        });
      }),
      { numRuns: 100 },
    );
  });

  it("is a number to SAP's own parser, or is refused", () => {
    const numbers = modelOf("v4", { Amount: 'Type="Edm.Decimal"' });
    const amount = fc.oneof(
      fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }).map(String),
      fc.stringMatching(/^-?\d{1,9}\.\d{1,9}$/),
      hostileText,
    );
    fc.assert(
      fc.property(amount, (value) => {
        let text: string;
        try {
          text = writeFilter(numbers, "S.Thing", eq("Amount", value));
        } catch {
          expect(value).not.toMatch(/^-?\d+(\.\d+)?$/);
          return;
        }
        expect(text).toMatch(/^Amount eq -?\d+(\.\d+)?$/);
        expect(parseWithCap(`/Things?$filter=${encodeURIComponent(text)}`)).toMatchObject({
          SELECT: { where: [{ ref: ["Amount"] }, "=", { val: expect.anything() }] },
        });
      }),
      { numRuns: 200 },
    );
  });

  it("is the same value to the parser of SAP's mock server", () => {
    const require = createRequire(import.meta.url);
    const root = require.resolve("@sap-ux/fe-mockserver-core");
    const parser: { parseFilter(filter: string): unknown } = require(
      root.replace(/index\.js$/, "request/filterParser.js"),
    );
    // Its literals have no backslashes, line breaks, double quotes or quotes: what is left is what it can be asked.
    const plain = fc.stringMatching(/^[ -~äöüß€]{0,20}$/).filter((text) => !/["'\\]/.test(text));
    fc.assert(
      fc.property(plain, (value) => {
        const text = writeFilter(model, "S.Thing", or(eq("Name", value), startsWith("Other", value)));
        expect(parser.parseFilter(text)).toMatchObject({
          operator: "OR",
          expressions: [
            { expressions: [{ identifier: "Name", operator: "eq", literal: `'${value}'` }] },
            { identifier: { type: "method", method: "startswith", methodArgs: ["Other", `'${value}'`] } },
          ],
        });
      }),
      { numRuns: 100 },
    );
  });
});

describe("filterSchema", () => {
  it("reads a filter as JSON, as the functions build it", () => {
    const filter = and(eq("A", 1), not(any("B", or(contains("C", "x"), isIn("D", ["1", null])))));
    expect(filterSchema.parse(JSON.parse(JSON.stringify(filter)))).toEqual(filter);
  });

  it.each([
    ["an operator that is not there", { field: "A", like: "x" }],
    ["a value that is an object", { field: "A", eq: { x: 1 } }],
    ["a list where a condition belongs", { not: [{ field: "A", eq: 1 }] }],
    ["an empty group", { and: [] }],
    ["a field that is no text", { field: 1, eq: 1 }],
    ["text", "Name eq 'x'"],
  ])("refuses %s", (_name, filter) => {
    expect(filterSchema.safeParse(filter).success).toBe(false);
  });

  it("refuses a filter without end before it exhausts the stack", () => {
    let deep: Filter = eq("A", 1);
    for (let at = 0; at < 100_000; at += 1) deep = { not: deep };
    expect(filterSchema.safeParse(deep).error?.issues[0]?.message).toMatch(/deeper/);
    expect(() => v4(deep)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
    const long = isIn(
      "A",
      Array.from({ length: 100_000 }, () => "x"),
    );
    expect(filterSchema.safeParse(long).error?.issues[0]?.message).toMatch(/at most/);
  });
});
