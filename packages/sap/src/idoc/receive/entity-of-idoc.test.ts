import { describe, expect, it } from "vitest";
import { findEntityOfIdoc } from "./entity-of-idoc.js";

describe("the entity of an IDoc", () => {
  const entities = {
    ORDERS: "orders/A_SalesOrder",
    "ORDERS/ORDERS05": "orders/A_Order5",
    "ORDERS/ORDERS05/ZEXT": "orders/Z_Order",
    "/NSP/ORDERS//NSP/ORD01": "orders/N_Order",
  };

  it.each([
    ["ORDERS", "ORDERS04", "orders/A_SalesOrder"],
    ["ORDERS", "ORDERS05", "orders/A_Order5"],
    ["ORDERS", "ORDERS05/ZOTHER", "orders/A_Order5"],
    ["ORDERS", "ORDERS05/ZEXT", "orders/Z_Order"],
    ["/NSP/ORDERS", "/NSP/ORD01/ZEXT", "orders/N_Order"],
    ["ORDRSP", "ORDERS05", undefined],
    ["constructor", "ORDERS05", undefined],
  ])("of %s with %s is that of the closest name that is configured: %s", (entity, type, expected) => {
    expect(findEntityOfIdoc(entities, { entity, type })).toBe(expected);
  });
});
