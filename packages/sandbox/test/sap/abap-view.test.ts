import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createAbapView } from "../../src/sap/abap/abap-view.js";
import { openSandbox, part, roots, type SapCaller } from "./client.js";

let caller: SapCaller;

beforeAll(async () => {
  caller = await openSandbox();
});
beforeEach(() => caller.sandbox.reset());
afterAll(() => caller.sandbox.close());

describe("the records as tables", () => {
  it("shows an order that was added as a table in OData, with its outer names", async () => {
    const { salesOrders } = createAbapView(caller.sandbox.state);
    const [first] = salesOrders.list();
    const VBELN = salesOrders.nextNumber();
    salesOrders.add({ header: { ...first?.header, VBELN, AUART: "TA" }, items: first?.items ?? [] });
    const order = part(await caller.read(`${roots.order}A_SalesOrder('61')?$expand=to_Item`), "d");
    expect(order).toMatchObject({ SalesOrder: "61", SalesOrderType: "OR", SalesOrderDate: "/Date(1744761600000)/" });
    expect(part(order, "to_Item", "results", 0, "RequestedQuantityUnit")).toBe("PC");
    expect(salesOrders.find("0000000061")).toEqual({
      header: { ...first?.header, VBELN, ERZET: expect.any(String) },
      items: first?.items,
    });
  });

  it("makes a customer a business partner with an address, and keeps fields that it does not know", async () => {
    const { customers } = createAbapView(caller.sandbox.state);
    customers.save({ KUNNR: "4711", NAME1: "Nordwind", LAND1: "DE", ORT01: "Kiel", SORTL: "NORD" });
    customers.save({ KUNNR: "0000004711", NAME2: "GmbH", STRAS: "Kai 3" });
    expect(customers.find("0000004711")).toMatchObject({
      NAME1: "Nordwind",
      NAME2: "GmbH",
      SORTL: "NORD",
      STRAS: "Kai 3",
    });
    const partner = await caller.read(`${roots.partner}A_BusinessPartner('4711')?$expand=to_BusinessPartnerAddress`);
    expect(part(partner, "d", "BusinessPartnerFullName")).toBe("Nordwind GmbH");
    expect(part(partner, "d", "to_BusinessPartnerAddress", "results", 0, "CityName")).toBe("Kiel");
  });

  it("lets a material that was saved be ordered at its price", async () => {
    createAbapView(caller.sandbox.state).materials.save({ MATNR: "NEW-1", MAKTX: "Pump", MEINS: "ST", NETPR: "19.99" });
    await caller.fetchToken();
    const order = { SoldToParty: "17100001", to_Item: [{ Material: "new-1", RequestedQuantity: "3" }] };
    const created = await (await caller.send("POST", `${roots.order}A_SalesOrder`, order)).json();
    expect(part(created, "d", "TotalNetAmount")).toBe("59.97");
    expect(part(created, "d", "to_Item", "results", 0, "RequestedQuantityUnit")).toBe("PC");
  });
});
