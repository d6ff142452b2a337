import { describe, expect, it } from "vitest";
import { readFixtureModel } from "../../test/support/odata-models.js";
import { toRecord } from "./to-record.js";

const orders = readFixtureModel("API_SALES_ORDER_SRV");
const v4 = readFixtureModel("orders-v4");
const header = "API_SALES_ORDER_SRV.A_SalesOrderType";

describe("toRecord of v2", () => {
  it("converts values, drops links to what is not expanded, and keeps metadata aside", () => {
    const entity = toRecord(orders, header, {
      __metadata: { id: "i", uri: "https://s4/A_SalesOrder('1')", type: header, etag: "W/\"datetimeoffset'x'\"" },
      SalesOrder: "0000000001",
      SalesOrderDate: "/Date(1795651200000)/",
      TotalNetAmount: "1250.100",
      TransactionCurrency: null,
      to_Item: { __deferred: { uri: "https://s4/A_SalesOrder('1')/to_Item" } },
    });
    expect(entity).toEqual({
      record: {
        SalesOrder: "0000000001",
        SalesOrderDate: "2026-11-26T00:00:00",
        TotalNetAmount: "1250.100",
        TransactionCurrency: null,
      },
      etag: "W/\"datetimeoffset'x'\"",
      uri: "https://s4/A_SalesOrder('1')",
      annotations: {
        "@odata.etag": "W/\"datetimeoffset'x'\"",
        "@odata.id": "https://s4/A_SalesOrder('1')",
        "@odata.type": header,
      },
    });
  });

  it("unwraps what is expanded, and says where a list of it goes on", () => {
    const item = { __metadata: { etag: "e1" }, RequestedQuantity: "3.000", to_SalesOrder: { SalesOrder: "1" } };
    const { record, annotations } = toRecord(orders, header, {
      to_Item: { results: [item], __next: "https://s4/more", __count: "2" },
    });
    expect(record).toEqual({ to_Item: [{ RequestedQuantity: "3.000", to_SalesOrder: { SalesOrder: "1" } }] });
    expect(annotations).toEqual({
      "to_Item@odata.nextLink": "https://s4/more",
      "to_Item@odata.count": "2",
      "to_Item/0@odata.etag": "e1",
    });
  });

  it("lets through what the metadata does not have, untouched", () => {
    const wire = JSON.parse('{"YY1_New":{"a":[1]},"__proto__":{"x":"/Date(0)/"},"constructor":"c"}');
    const { record } = toRecord(orders, header, wire);
    expect(record).toEqual(wire);
    expect(Object.keys(record)).toEqual(["YY1_New", "__proto__", "constructor"]);
    expect(record.x).toBeUndefined();
  });
});

describe("toRecord of v4", () => {
  it("converts values at every depth and keeps control information aside", () => {
    const entity = toRecord(v4, "com.example.orders.Order", {
      "@odata.context": "$metadata#Orders/$entity",
      "@etag": "W/1",
      "@odata.id": "Orders(1)",
      Id: "1",
      Status: "Open",
      Flags: 2,
      Address: { City: "Köln", Lines: ["a", "b"] },
      Total: 10.5,
      Hash: "-_8",
      Place: { type: "Point", coordinates: [1, 2] },
      Extra: 1,
      Foreign: { x: 1 },
      "Items@odata.count": 1,
      "Items@nextLink": "more",
      Items: [{ "@odata.etag": "e", Position: 10, Quantity: 1, "Order@odata.navigationLink": "o" }],
      Customer: null,
    });
    expect(entity).toMatchObject({ etag: "W/1", uri: "Orders(1)" });
    expect(entity.record).toEqual({
      Id: "1",
      Status: "Open",
      Flags: "Rush",
      Address: { City: "Köln", Lines: ["a", "b"] },
      Total: "10.5",
      Hash: "+/8=",
      Place: { type: "Point", coordinates: [1, 2] },
      Extra: 1,
      Foreign: { x: 1 },
      Items: [{ Position: 10, Quantity: "1" }],
      Customer: null,
    });
    expect(entity.annotations).toEqual({
      "@odata.context": "$metadata#Orders/$entity",
      "@odata.etag": "W/1",
      "@odata.id": "Orders(1)",
      "Items@odata.count": 1,
      "Items@odata.nextLink": "more",
      "Items/0@odata.etag": "e",
      "Items/0/Order@odata.navigationLink": "o",
    });
  });

  it("reads a derived type as what it says it is", () => {
    const wire = { "@odata.type": "#com.example.orders.RushOrder", Courier: 5 };
    expect(() => toRecord(v4, "com.example.orders.Order", wire)).toThrow(/Courier/);
    const alien = { "@odata.type": "#com.example.orders.Customer", Id: "9" };
    expect(toRecord(v4, "com.example.orders.Order", alien).record).toEqual({ Id: "9" });
  });

  it.each([
    ["no object", "text"],
    ["a list where one entity belongs", { Customer: [] }],
    ["one entity where a list belongs", { Items: { Position: 1 } }],
    ["text where an entity belongs", { Items: ["x"] }],
  ])("refuses %s", (_name, wire) => {
    expect(() => toRecord(v4, "com.example.orders.Order", wire)).toThrow(
      expect.objectContaining({ code: "UNEXPECTED_RESPONSE" }),
    );
  });

  it("refuses entities nested without end, without exhausting the stack", () => {
    let wire: unknown = {};
    for (let at = 0; at < 20_000; at += 1) wire = { Items: [{ Order: wire }] };
    expect(() => toRecord(v4, "com.example.orders.Order", wire)).toThrow(
      expect.objectContaining({ code: "UNEXPECTED_RESPONSE" }),
    );
  });
});
