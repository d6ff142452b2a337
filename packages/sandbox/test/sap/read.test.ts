import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { column, openSandbox, part, roots, type SapCaller } from "./client.js";

let caller: SapCaller;

beforeAll(async () => {
  caller = await openSandbox({ pageSize: 25 });
});
afterAll(() => caller.sandbox.close());

describe("OData v2 reads", () => {
  const list = async (path: string): Promise<unknown> => part(await caller.read(path), "d", "results");

  it("writes dates, decimals, Int64, times and ETags as a Gateway does", async () => {
    const order = part(await caller.read(`${roots.order}A_SalesOrder('1')`), "d");
    expect(order).toMatchObject({
      SalesOrder: "1",
      SalesOrderDate: "/Date(1744761600000)/",
      LastChangeDateTime: "/Date(1744812120500+0000)/",
      TotalNetAmount: expect.stringMatching(/^\d+\.\d\d$/),
      RequestedDeliveryDate: null,
      __metadata: {
        type: "API_SALES_ORDER_SRV.A_SalesOrderType",
        uri: `${caller.sandbox.url}${roots.order}A_SalesOrder('1')`,
        etag: `W/"datetimeoffset'2025-04-16T14%3A02%3A00.5000000Z'"`,
      },
      to_Item: { __deferred: { uri: `${caller.sandbox.url}${roots.order}A_SalesOrder('1')/to_Item` } },
    });
    const [partner] = column(await list(`${roots.partner}A_BusinessPartner?$top=1`), "CreationTime");
    expect(partner).toBe("PT08H30M00S");
  });

  it("keeps an Int64 beyond a double exact, also in a filter", async () => {
    const path = `${roots.partner}A_Customer?$filter=NumberOfSalesOrders eq `;
    expect(column(await list(`${path}9007199254740993L`), "NumberOfSalesOrders")).toEqual(
      expect.arrayContaining(["9007199254740993"]),
    );
    expect(await list(`${path}9007199254740992L`)).toEqual([]);
  });

  it.each([
    ["OrganizationBPName1 eq 'O''Hanlon Brewing'", ["17100005"]],
    ["substringof('ß',LastName) or startswith(OrganizationBPName1,'Zür')", ["17100009", "17100020"]],
    ["to_Customer/OrderIsBlockedForCustomer eq '01'", ["17100004"]],
    ["BusinessPartner eq '0017100002'", ["17100002"]],
    ["CreationDate le datetime'2025-01-07T00:00:00' and not (BusinessPartner eq '17100001')", ["17100002"]],
    ["LastChangeDateTime eq datetimeoffset'2025-01-06T09:15:00.123Z'", ["17100001"]],
    ["BusinessPartnerIsBlocked eq true", []],
    ["(BusinessPartnerCategory eq '1' or OrganizationBPName2 eq 'AG') and tolower(FirstName) eq 'ada'", ["17100018"]],
  ])("filters by %s", async (filter, expected) => {
    const path = `${roots.partner}A_BusinessPartner?$filter=${encodeURIComponent(filter)}`;
    expect(column(await list(path), "BusinessPartner")).toEqual(expected);
  });

  it("finds a partner by a GUID in capitals", async () => {
    const partner = await list(`${roots.partner}A_BusinessPartner?$top=1&$select=BusinessPartnerUUID`);
    const [uuid] = column(partner, "BusinessPartnerUUID");
    const filter = `BusinessPartnerUUID eq guid'${String(uuid).toUpperCase()}'`;
    expect(await list(`${roots.partner}A_BusinessPartner?$filter=${filter}`)).toHaveLength(1);
  });

  it("expands, selects and counts", async () => {
    const path = `${roots.order}A_SalesOrder?$filter=SalesOrder eq '2'&$inlinecount=allpages`;
    const body = await caller.read(`${path}&$expand=to_Item/to_SalesOrder,to_Text&$select=SalesOrder,to_Item/Material`);
    expect(part(body, "d", "__count")).toBe("1");
    const [order] = [part(body, "d", "results", 0)];
    expect(Object.keys(Object(order))).toEqual(["__metadata", "SalesOrder", "to_Item"]);
    expect(Object.keys(Object(part(order, "to_Item", "results", 0)))).toEqual(["__metadata", "Material"]);
    const count = await caller.ask(`${roots.order}A_SalesOrder/$count?$filter=SalesOrder lt '0000000011'`);
    expect(await count.text()).toBe("10");
  });

  it("orders by number where a key is one in text, and by a navigation's property", async () => {
    const numbers = column(await list(`${roots.order}A_SalesOrder?$orderby=SalesOrder desc&$top=2`), "SalesOrder");
    expect(numbers).toEqual(["60", "59"]);
    const path = `${roots.partner}A_BusinessPartner?$filter=Customer ne ''&$orderby=to_Customer/CustomerName desc&$top=1`;
    expect(column(await list(path), "BusinessPartnerName")).toEqual(["Östersund Trävaror AB"]);
  });

  it("pages: every record once, by following __next", async () => {
    const seen: unknown[] = [];
    let next: unknown = `${caller.sandbox.url}${roots.order}A_SalesOrder?$select=SalesOrder&$filter=SalesOrder ne '7'`;
    let pages = 0;
    while (typeof next === "string") {
      const body = await caller.read(next.slice(caller.sandbox.url.length));
      seen.push(...column(part(body, "d", "results"), "SalesOrder"));
      next = part(body, "d", "__next");
      pages += 1;
    }
    expect(pages).toBe(3);
    expect(new Set(seen).size).toBe(59);
    expect(seen).toHaveLength(59);
  });

  it("answers an ETag that the caller has with 304", async () => {
    const path = `${roots.order}A_SalesOrder('1')`;
    const etag = (await caller.ask(path)).headers.get("etag") ?? "";
    expect((await caller.ask(path, { headers: { "if-none-match": etag } })).status).toBe(304);
  });

  it.each([
    ["A_SalesOrder('999')", 404, "Resource not found for segment 'A_SalesOrderType'"],
    ["A_SalesOrder('999')/to_Item", 404, "Resource not found for segment 'A_SalesOrderItemType'"],
    ["A_Nothing", 404, "Resource not found for segment 'A_Nothing'"],
    ["A_SalesOrder?$filter=Nothing eq 1", 400, "Property Nothing not found in type A_SalesOrderType"],
    ["A_SalesOrder?$filter=SalesOrder eq 1", 400, "Invalid parametertype used at function 'eq'"],
    ["A_SalesOrder?$filter=SalesOrder eq ", 400, "The filter ends too early"],
    ["A_SalesOrder?$top=-1", 400, "Invalid value '-1' for the query option '$top'"],
    ["A_SalesOrder?$unknown=1", 400, "The query option '$unknown' is invalid"],
    ["A_SalesOrderItem('1')", 400, "The number of keys does not fit the type A_SalesOrderItemType"],
  ])("refuses %s with %i in its own words", async (path, status, message) => {
    const response = await caller.ask(roots.order + path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: {
        message: { lang: "en", value: message },
        innererror: { transactionid: expect.stringMatching(/^[0-9A-F]{32}$/) },
      },
    });
  });

  it("says that a caller who does not ask for JSON would get Atom", async () => {
    const response = await caller.ask(`${roots.order}A_SalesOrder`, { headers: { accept: "*/*" } });
    expect(response.status).toBe(406);
    expect(response.headers.get("content-type")).toMatch("application/xml");
  });

  it("keeps a long text as it is", async () => {
    const [text] = column(await list(`${roots.order}A_SalesOrder('1')/to_Text`), "LongText");
    expect(String(text)).toContain('"Pförtner Süd" <+49 711 555-0100> &');
    expect(String(text).length).toBeGreaterThan(2_000);
  });
});

describe("OData v4 reads", () => {
  it("writes decimals as numbers, with every digit, and as text only where the caller accepts IEEE754Compatible", async () => {
    const path = `${roots.orderV4}SalesOrder('5')?$select=TotalNetAmount`;
    expect(await (await caller.ask(path)).text()).toMatch(/"TotalNetAmount":\d+\.\d\d}/);
    const accept = "application/json;IEEE754Compatible=true";
    expect(await (await caller.ask(path, { headers: { accept } })).text()).toMatch(/"TotalNetAmount":"\d+\.\d\d"}/);
  });

  it("expands with options, counts, and filters by what is below", async () => {
    const query =
      "$expand=_Item($select=Material;$filter=RequestedQuantity gt 5;$orderby=Material desc;$count=true)&$count=true";
    const body = await caller.read(
      `${roots.orderV4}SalesOrder?${query}&$filter=_Item/any(i:i/Material eq 'TG11')&$top=1`,
    );
    expect(Number(part(body, "@odata.count"))).toBeGreaterThan(1);
    const order = part(body, "value", 0);
    const materials = column(part(order, "_Item"), "Material");
    expect(part(order, "_Item@odata.count")).toBe(materials.length);
    expect(materials).toEqual([...materials].sort().reverse());
    expect(part(order, "@odata.etag")).toMatch(/^W\/"SADL-/);
  });

  it("compares numbers exactly, however they are written, and counts as an Int64", async () => {
    const count = async (filter: string): Promise<unknown> =>
      part(await caller.read(`${roots.orderV4}SalesOrder?$top=0&$count=true&$filter=${filter}`), "@odata.count");
    expect(await count("TotalNetAmount gt 5e3")).toBe(await count("TotalNetAmount gt 5000.00"));
    expect(await count("TotalNetAmount gt 50000000e-4")).toBe(await count("TotalNetAmount gt 5000"));
    const accept = "application/json;IEEE754Compatible=true";
    const text = await caller.read(`${roots.orderV4}SalesOrder?$top=0&$count=true`, { accept });
    expect(part(text, "@odata.count")).toBe("60");
  });

  it("has no content for a navigation that leads nowhere, and an empty list for one to many", async () => {
    const person = `${roots.partner}A_BusinessPartner('17100015')`;
    expect((await caller.ask(`${person}/to_Customer`)).status).toBe(204);
    const texts = await caller.read(`${roots.order}A_SalesOrder('2')/to_Text`);
    expect(part(texts, "d", "results")).toEqual([]);
    expect(await (await caller.ask(`${roots.order}A_SalesOrder('2')/to_Text/$count`)).text()).toBe("0");
  });

  it("pages by a relative nextLink, smaller when the caller prefers", async () => {
    const path = `${roots.orderV4}SalesOrder?$select=SalesOrder&$filter=SalesOrder in ('1','2','3')`;
    const first = await caller.read(path, { prefer: "odata.maxpagesize=2" });
    expect(column(part(first, "value"), "SalesOrder")).toEqual(["1", "2"]);
    const next = String(part(first, "@odata.nextLink"));
    expect(next).toMatch(/^SalesOrder\?/);
    const second = await caller.read(roots.orderV4 + next, { prefer: "odata.maxpagesize=2" });
    expect(column(part(second, "value"), "SalesOrder")).toEqual(["3"]);
    expect(part(second, "@odata.nextLink")).toBeUndefined();
  });

  it("writes an error with its message as text and SAP's own details", async () => {
    expect(await caller.read(`${roots.orderV4}SalesOrder?$filter=Nothing eq 1`)).toMatchObject({
      error: {
        message: "Property Nothing not found in type SalesOrder_Type",
        "@SAP__common.ExceptionCategory": "Client_Error",
      },
    });
  });

  it("calls an unbound function, its parameter by alias too", async () => {
    const direct = await caller.read(`${roots.orderV4}GetNumberOfOpenOrders(SoldToParty='17100009')`);
    const aliased = await caller.read(`${roots.orderV4}GetNumberOfOpenOrders(SoldToParty=@p)?@p='17100009'`);
    expect(part(direct, "value")).toEqual(part(aliased, "value"));
    expect(part(direct, "value")).toBeGreaterThan(0);
  });
});

describe("$metadata", () => {
  it("describes v2 with labels, units and the property behind the ETag", async () => {
    const xml = await (await caller.ask(`${roots.order}$metadata`)).text();
    expect(xml).toContain(
      '<Property Name="LastChangeDateTime" Type="Edm.DateTimeOffset" Precision="7" sap:label="Time Stamp" sap:creatable="false" sap:updatable="false" ConcurrencyMode="Fixed"/>',
    );
    expect(xml).toContain('sap:unit="TransactionCurrency"');
    expect(xml).toContain(
      '<FunctionImport Name="releaseApprovalRequest" ReturnType="API_SALES_ORDER_SRV.DummyFunctionImportResult" m:HttpMethod="POST"',
    );
  });

  it("is the same on every sandbox of the same seed, as its records are", async () => {
    const other = await openSandbox();
    const paths = [`${roots.orderV4}$metadata`, `${roots.orderV4}SalesOrder?$top=20&$expand=_Item`];
    for (const path of paths) expect(await (await other.ask(path)).text()).toBe(await (await caller.ask(path)).text());
    await other.sandbox.close();
  });
});
