import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseWithCap } from "../../../test/support/compile-cds.js";
import { readFixtureModel } from "../../../test/support/odata-models.js";
import { and, eq } from "./conditions.js";
import { type Query, querySchema } from "./query.js";
import { queryOptions, writeQuery } from "./write-query.js";

const orders = readFixtureModel("API_SALES_ORDER_SRV");
const header = "API_SALES_ORDER_SRV.A_SalesOrderType";
const v4 = readFixtureModel("orders-v4");
const order = "com.example.orders.Order";

describe("queryOptions of v2", () => {
  it("writes every option that v2 has", () => {
    const query: Query = {
      filter: eq("SoldToParty", "17100001"),
      select: ["SalesOrder", "TotalNetAmount"],
      expand: ["to_Item"],
      orderBy: [{ field: "SalesOrderDate", descending: true }, { field: "SalesOrder" }],
      top: 10,
      skip: 0,
      count: true,
    };
    expect(Object.fromEntries(queryOptions(orders, header, query))).toEqual({
      $filter: "SoldToParty eq '17100001'",
      $select: "SalesOrder,TotalNetAmount,to_Item",
      $expand: "to_Item",
      $orderby: "SalesOrderDate desc,SalesOrder",
      $top: "10",
      $skip: "0",
      $inlinecount: "allpages",
    });
  });

  it.each<[Query, string | undefined, string]>([
    [{ expand: ["to_Item"] }, undefined, "to_Item"],
    [{ expand: [{ navigation: "to_Item", select: ["Material"] }] }, "*,to_Item/Material", "to_Item"],
    [{ expand: ["to_Item/to_SalesOrder"] }, undefined, "to_Item,to_Item/to_SalesOrder"],
    [
      { select: ["SalesOrder"], expand: [{ navigation: "to_Item", expand: ["to_SalesOrder"] }] },
      "SalesOrder,to_Item/*,to_Item/to_SalesOrder",
      "to_Item,to_Item/to_SalesOrder",
    ],
  ])("names what is expanded by its path and selects it where anything is selected: %j", (query, select, expand) => {
    const options = queryOptions(orders, header, query);
    expect([options.get("$select"), options.get("$expand")]).toEqual([select, expand]);
  });

  it.each<[string, Query, string]>([
    ["options within $expand", { expand: [{ navigation: "to_Item", top: 1 }] }, "to_Item"],
    ["a search", { search: "x" }, "search"],
    ["an expanded property", { expand: ["SoldToParty"] }, "SoldToParty"],
    ["an expanded navigation that is not there", { expand: ["to_Item/to_Nowhere"] }, "to_Item/to_Nowhere"],
    ["selecting over a navigation", { select: ["to_Item/Material"] }, "to_Item/Material"],
    ["selecting nothing", { select: [] }, "select"],
    [
      "ordering by an expression",
      { orderBy: [{ field: "SalesOrder desc,SoldToParty" }] },
      "SalesOrder desc,SoldToParty",
    ],
    ["half an entity", { top: 0.5 }, "top"],
  ])("refuses %s", (_name, query, path) => {
    expect(() => queryOptions(orders, header, query)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path })] }),
    );
  });
});

describe("queryOptions of v4", () => {
  it("nests the options of what is expanded", () => {
    const query: Query = {
      select: ["Id", "Address/City", "*"],
      expand: [
        "Customer",
        {
          navigation: "Items",
          select: ["Position"],
          filter: and(eq("Quantity", 1), eq("Order/Number", "a;b)&c'd")),
          orderBy: [{ field: "Position" }],
          top: 5,
          count: true,
          expand: [{ navigation: "Order", select: ["Id"] }],
        },
      ],
      count: true,
      search: "red  bike",
    };
    expect(Object.fromEntries(queryOptions(v4, order, query))).toEqual({
      $select: "Id,Address/City,*",
      $expand:
        "Customer,Items($filter=(Quantity eq 1) and (Order/Number eq 'a;b)&c''d');$select=Position;" +
        "$expand=Order($select=Id);$orderby=Position;$top=5;$count=true)",
      $count: "true",
      $search: '"red" "bike"',
    });
  });

  it("is understood by SAP's own parser, a value with separators in $expand too", () => {
    const text = "a;b)&c'd,%27 #+";
    const query: Query = {
      select: ["Id"],
      expand: [
        { navigation: "Items", filter: eq("Order/Number", text), orderBy: [{ field: "Position", descending: true }] },
      ],
      top: 2,
    };
    const url = writeQuery(v4, order, query);
    expect(url).toMatch(/^[!-~]+$/);
    expect(parseWithCap(`/Orders?${url}`)).toMatchObject({
      SELECT: {
        columns: [
          { ref: ["Id"] },
          {
            ref: ["Items"],
            where: [{ ref: ["Order", "Number"] }, "=", { val: text }],
            orderBy: [{ ref: ["Position"], sort: "desc" }],
          },
        ],
        limit: { rows: { val: 2 } },
      },
    });
  });

  it.each<[string, Query, string]>([
    ["a search that is an expression", { search: 'a" OR "b' }, "search"],
    ["navigations in a row", { expand: ["Items/Order"] }, "Items/Order"],
    ["a wrong name within $expand", { expand: [{ navigation: "Items", select: ["Nonsense"] }] }, "Nonsense"],
    ["ordering by a collection", { orderBy: [{ field: "Tags" }] }, "Tags"],
  ])("refuses %s", (_name, query, path) => {
    expect(() => queryOptions(v4, order, query)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path })] }),
    );
  });

  it("writes nothing where nothing is asked", () => {
    expect(writeQuery(v4, order, {})).toBe("");
  });
});

describe("querySchema", () => {
  it("reads a query as JSON and publishes itself as JSON Schema", () => {
    const query: Query = { filter: eq("A", 1), expand: ["B", { navigation: "C", expand: ["D"], top: 1 }] };
    expect(querySchema.parse(query)).toEqual(query);
    const published = z.toJSONSchema(querySchema, { io: "input" });
    expect(published).toMatchObject({
      type: "object",
      properties: { top: { type: "integer" }, expand: { $ref: expect.any(String) } },
    });
  });

  it("refuses unknown options, and expansion without end", () => {
    expect(querySchema.safeParse({ $filter: "1 eq 1" }).success).toBe(false);
    let deep: Query = {};
    for (let at = 0; at < 100_000; at += 1) deep = { expand: [{ navigation: "A", ...deep }] };
    expect(querySchema.safeParse(deep).success).toBe(false);
    expect(() => writeQuery(v4, order, deep)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });
});
