import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { column, openSandbox, part, roots, type SapCaller } from "./client.js";

let caller: SapCaller;
// A clock that stands: two changes still have two ETags.
const now = Date.UTC(2026, 4, 31, 10, 20, 30);

beforeAll(async () => {
  caller = await openSandbox({ clock: () => now });
});
beforeEach(async () => {
  caller.sandbox.reset();
  caller.token = undefined;
  await caller.fetchToken();
});
afterAll(() => caller.sandbox.close());

const item = (material: string, quantity: string) => ({ Material: material, RequestedQuantity: quantity });

describe("creating", () => {
  it("gives a sales order its number, its items theirs, and works out the net amount", async () => {
    const response = await caller.send("POST", `${roots.order}A_SalesOrder`, {
      SoldToParty: "0017100001",
      SalesOrderDate: "/Date(1748649600000)/",
      PurchaseOrderByCustomer: "Größe & Maß",
      to_Item: [item("TG11", "3"), item("TG12", "2.000")],
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe(`${caller.sandbox.url}${roots.order}A_SalesOrder('61')`);
    const body: unknown = await response.json();
    expect(part(body, "d")).toMatchObject({ SalesOrder: "61", SoldToParty: "17100001", TotalNetAmount: "98.85" });
    expect(column(part(body, "d", "to_Item", "results"), "SalesOrderItem")).toEqual(["10", "20"]);
    expect(caller.sandbox.state.salesOrders.read("0000000061")).toMatchObject({
      SoldToParty: "0017100001",
      SalesOrderDate: "2025-05-31",
      CreatedByUser: "ISTHMUS",
    });
  });

  it("names every reason why an order is refused, in the caller's language, and keeps nothing of it", async () => {
    const response = await caller.send("POST", `${roots.order}A_SalesOrder?sap-language=DE`, {
      SoldToParty: "4711",
      to_Item: [item("NONE", "1"), item("TG11", "0")],
    });
    expect(response.status).toBe(400);
    const body: unknown = await response.json();
    expect(part(body, "error", "message")).toEqual({
      lang: "de",
      value: "Auftraggeber 4711 ist für den Vertriebsbereich 1010 10 00 nicht vorgesehen",
    });
    const details = part(body, "error", "innererror", "errordetails");
    expect(column(details, "code")).toEqual(["V1/384", "V1/302", "V1/425"]);
    expect(column(details, "propertyref")).toEqual(["SoldToParty", "Material", "RequestedQuantity"]);
    expect(caller.sandbox.state.salesOrders.size).toBe(60);
  });

  it("warns of an item without a price in sap-message, although it succeeds", async () => {
    const order = { SoldToParty: "17100001", to_Item: [item("SM001", "1")] };
    const response = await caller.send("POST", `${roots.order}A_SalesOrder`, order);
    expect(response.status).toBe(201);
    expect(JSON.parse(response.headers.get("sap-message") ?? "")).toMatchObject({
      code: "V1/360",
      severity: "warning",
    });
    caller.sandbox.configure({ warningOnWrite: "Prüfung später" });
    const v4 = await caller.send("POST", `${roots.orderV4}SalesOrder`, { ...order, to_Item: undefined });
    expect(JSON.parse(v4.headers.get("sap-messages") ?? "")).toMatchObject([
      { message: "Prüfung später", numericSeverity: 3 },
    ]);
  });

  it.each([
    [{ RequestedQuantity: 5 }, "Property 'RequestedQuantity' has invalid value '5'"],
    [{ RequestedQuantity: "1.2345" }, "Property 'RequestedQuantity' has invalid value '1.2345'"],
    [{ Material: "x".repeat(41) }, "Property 'Material' has invalid value"],
    [{ Unknown: "1" }, "Property 'Unknown' is invalid"],
  ])("refuses %j in v2", async (values, message) => {
    const response = await caller.send("POST", `${roots.order}A_SalesOrder`, { SoldToParty: "1", to_Item: [values] });
    expect(response.status).toBe(400);
    expect(part(await response.json(), "error", "message", "value")).toContain(message);
  });

  it("creates a partner with an address, and an item below an order", async () => {
    const response = await caller.send("POST", `${roots.partner}A_BusinessPartner`, {
      BusinessPartnerCategory: "1",
      FirstName: "Ñandú",
      LastName: "O'Neill",
      to_BusinessPartnerAddress: [{ Country: "ie", CityName: "Cork" }],
    });
    const body: unknown = await response.json();
    expect(part(body, "d")).toMatchObject({ BusinessPartner: "17100025", BusinessPartnerFullName: "Ñandú O'Neill" });
    expect(part(body, "d", "to_BusinessPartnerAddress", "results", 0)).toMatchObject({
      Country: "IE",
      AddressID: "21011",
    });
    const added = await caller.send("POST", `${roots.order}A_SalesOrder('1')/to_Item`, item("RM34", "1.5"));
    expect(part(await added.json(), "d")).toMatchObject({ SalesOrder: "1", NetAmount: "13.76" });
  });
});

describe("changing", () => {
  const path = `${roots.order}A_SalesOrder('1')`;
  const change = (method: string, etag?: string, headers: Record<string, string> = {}) =>
    caller.send(
      method,
      path,
      { PurchaseOrderByCustomer: "New" },
      { ...(etag !== undefined && { "if-match": etag }), ...headers },
    );

  it("needs the ETag: 428 without one, 412 with an old one", async () => {
    expect((await change("PATCH")).status).toBe(428);
    const etag = (await caller.ask(path)).headers.get("etag") ?? "";
    const first = await change("MERGE", etag);
    expect(first.status).toBe(204);
    const stale = await change("PATCH", etag);
    expect(stale.status).toBe(412);
    expect(part(await stale.json(), "error", "code")).toBe("/IWBEP/CM_MGW_RT/190");
    expect((await change("PATCH", first.headers.get("etag") ?? "")).status).toBe(204);
    expect((await change("POST", "*", { "x-http-method": "MERGE" })).status).toBe(204);
    caller.sandbox.configure({ requireIfMatch: false });
    expect((await change("PATCH")).status).toBe(204);
  });

  it("leaves with PATCH what is not named, and empties it with PUT", async () => {
    await change("PATCH", "*");
    expect(caller.sandbox.state.salesOrders.read("0000000001")?.CustomerPaymentTerms).not.toBe("");
    const { SoldToParty } = caller.sandbox.state.salesOrders.read("0000000001") ?? {};
    await caller.send("PUT", path, { SoldToParty }, { "if-match": "*" });
    expect(caller.sandbox.state.salesOrders.read("0000000001")).toMatchObject({
      CustomerPaymentTerms: "",
      PurchaseOrderByCustomer: "",
      SalesOrderType: "OR",
    });
  });

  it("deletes an order, but no business partner", async () => {
    expect((await caller.send("DELETE", path, undefined, { "if-match": "*" })).status).toBe(204);
    expect((await caller.ask(path)).status).toBe(404);
    const partner = `${roots.partner}A_BusinessPartner('17100001')`;
    expect((await caller.send("DELETE", partner, undefined, { "if-match": "*" })).status).toBe(405);
  });

  it("answers v4 with the changed entity, or with nothing where the caller prefers that", async () => {
    const order = `${roots.orderV4}SalesOrder('1')`;
    const body = { PurchaseOrderByCustomer: "v4" };
    const full = await caller.send("PATCH", order, body, { "if-match": "*" });
    expect(await full.json()).toMatchObject({ PurchaseOrderByCustomer: "v4", "@odata.etag": full.headers.get("etag") });
    const minimal = await caller.send("PATCH", order, body, { "if-match": "*", prefer: "return=minimal" });
    expect(minimal.status).toBe(204);
    expect(minimal.headers.get("preference-applied")).toBe("return=minimal");
  });

  it("releases an order in approval, by function import and by bound action, once", async () => {
    const release = `${roots.order}releaseApprovalRequest?SalesOrder='5'`;
    expect(part(await (await caller.send("POST", release)).json(), "d", "releaseApprovalRequest", "IsInvalid")).toBe(
      false,
    );
    expect(part(await (await caller.send("POST", release)).json(), "error", "code")).toBe("SD_APM/012");
    const bound = `${roots.orderV4}SalesOrder('15')/com.sap.gateway.srvd_a2x.api_salesorder.v0001.ReleaseApprovalRequest`;
    expect(part(await (await caller.send("POST", bound, {})).json(), "SalesDocApprovalStatus")).toBe("B");
  });
});
