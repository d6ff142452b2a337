import { describe, expect, it } from "vitest";
import { readFixtureModel } from "../../test/support/odata-models.js";
import { toWire } from "./to-wire.js";

const orders = readFixtureModel("API_SALES_ORDER_SRV");
const v4 = readFixtureModel("orders-v4");
const header = "API_SALES_ORDER_SRV.A_SalesOrderType";
const order = "com.example.orders.Order";

describe("toWire", () => {
  it("writes a deep insert of v2", () => {
    const body = toWire(orders, header, {
      SoldToParty: "0000017100",
      SalesOrderDate: "2026-11-26",
      to_Item: [{ Material: "TG11", RequestedQuantity: 3 }],
      TransactionCurrency: undefined,
    });
    expect(body).toEqual({
      SoldToParty: "0000017100",
      SalesOrderDate: "/Date(1795651200000)/",
      to_Item: [{ Material: "TG11", RequestedQuantity: "3" }],
    });
  });

  it("writes a deep insert of v4 with complex, enumerated, derived and unknown properties of an open type", () => {
    const input = {
      "@odata.type": "#com.example.orders.RushOrder",
      Courier: "DHL",
      Number: "4711",
      Flags: "Export, Rush",
      Address: { City: "Köln", Lines: [] },
      Place: { type: "Point", coordinates: [1, 2] },
      Items: [{ Position: 10, Quantity: "1.500" }],
      "Customer@odata.bind": "Customers(1)",
      Extra: { anything: true },
    };
    expect(toWire(v4, order, input)).toEqual({ ...input, Flags: "Export,Rush" });
  });

  it("links to what exists by __metadata in v2", () => {
    const item = "API_SALES_ORDER_SRV.A_SalesOrderItemType";
    expect(toWire(orders, item, { "to_SalesOrder@odata.bind": "A_SalesOrder('1')" })).toEqual({
      to_SalesOrder: { __metadata: { uri: "A_SalesOrder('1')" } },
    });
    expect(
      toWire(orders, header, { "to_Item@odata.bind": ["A_SalesOrderItem(SalesOrder='1',SalesOrderItem='10')"] }),
    ).toEqual({
      to_Item: [{ __metadata: { uri: "A_SalesOrderItem(SalesOrder='1',SalesOrderItem='10')" } }],
    });
  });

  it("names every field that does not fit, at every depth", () => {
    const input = {
      SoldToParty: "12345678901",
      Nonsense: 1,
      TotalNetAmount: "1.2345",
      to_Item: [{ Material: "x" }, { RequestedQuantity: "many", Colour: "red" }],
      __metadata: { uri: "x" },
    };
    expect(() => toWire(orders, header, input)).toThrow(
      expect.objectContaining({
        code: "VALIDATION_FAILED",
        message: "The record does not fit at SoldToParty: must have at most 10 characters.",
        issues: [
          { path: "SoldToParty", message: "must have at most 10 characters" },
          { path: "Nonsense", message: `is not a property of ${header}` },
          { path: "TotalNetAmount", message: "must have at most 3 decimal places" },
          { path: "to_Item.1.RequestedQuantity", message: expect.stringContaining("decimal") },
          { path: "to_Item.1.Colour", message: "is not a property of API_SALES_ORDER_SRV.A_SalesOrderItemType" },
          { path: "__metadata", message: `is not a property of ${header}` },
        ],
      }),
    );
  });

  it.each([
    ["no object", "text", ""],
    ["an object for a list", { Items: {} }, "Items"],
    ["a list for an object", { Customer: [] }, "Customer"],
    ["a member that the enumeration does not have", { Status: "Burnt" }, "Status"],
    ["two members where there are no flags", { Status: "Open,Closed" }, "Status"],
    ["text beyond the length of its type definition", { Number: "12345678901" }, "Number"],
    ["null for what is not nullable", { Number: null }, "Number"],
    ["null within a collection that has none", { Address: { Lines: [null] } }, "Address.Lines.0"],
    ["another type than the expected one", { "@odata.type": "#com.example.orders.Customer" }, ""],
    ["a property of a type elsewhere", { Foreign: { x: 1 } }, "Foreign"],
    ["an annotation that we do not know", { "x@y.z": 1 }, "x@y.z"],
    ["a link that is no text", { "Customer@odata.bind": 1 }, "Customer@odata.bind"],
  ])("refuses %s", (_name, input, path) => {
    expect(() => toWire(v4, order, input)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path })] }),
    );
  });

  it("refuses records nested without end, and says a hundred things at most", () => {
    let deep: unknown = {};
    for (let at = 0; at < 20_000; at += 1) deep = { Items: [{ Order: deep }] };
    expect(() => toWire(v4, order, deep)).toThrow(/nested deeper/);
    const wrong = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`x${at}`, 1]));
    expect(() => toWire(orders, header, wrong)).toThrow(
      expect.objectContaining({ issues: expect.objectContaining({ length: 100 }) }),
    );
  });
});
