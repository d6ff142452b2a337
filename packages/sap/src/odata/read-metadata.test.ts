import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileCds, shopModel } from "../../test/support/compile-cds.js";
import { readMetadata } from "./read-metadata.js";

const fixture = (name: string) => readFileSync(new URL(`../../test/fixtures/odata/${name}.xml`, import.meta.url));

describe("readMetadata of SAP Gateway (v2)", () => {
  const model = readMetadata(fixture("API_BUSINESS_PARTNER"));
  const partner = model.types.get("API_BUSINESS_PARTNER.A_BusinessPartnerType");

  it("tells the version and the namespace of the service", () => {
    expect(model).toMatchObject({ version: "v2", namespace: "API_BUSINESS_PARTNER" });
  });

  it("reads keys, facets, labels and rights of properties", () => {
    expect(partner).toMatchObject({ kind: "entity", keys: ["BusinessPartner"], label: "Business Partner" });
    expect(partner?.properties.get("BusinessPartner")).toMatchObject({
      type: "Edm.String",
      maxLength: 10,
      isNullable: false,
      label: "Business Partner",
      isCreatable: true,
    });
    expect(partner?.properties.get("BusinessPartnerCategory")).toMatchObject({ isCreatable: true, isUpdatable: false });
    expect(partner?.properties.get("ETag")).toMatchObject({
      isFilterable: false,
      isSortable: false,
      isConcurrencyToken: true,
    });
    expect(partner?.properties.get("YY1_Rating_bus")).toMatchObject({ type: "Edm.Decimal", precision: 5, scale: 2 });
  });

  it("finds through the association where a navigation leads, and the foreign keys only where they are", () => {
    const { navigations } = readMetadata(compileCds(shopModel, "v2")).types.get("S.Orders") ?? {};
    expect(navigations?.get("partner")?.references).toEqual(new Map([["partner_ID", "ID"]]));
    expect(partner?.navigations.get("to_BusinessPartnerAddress")).toEqual({
      name: "to_BusinessPartnerAddress",
      type: "API_BUSINESS_PARTNER.A_BusinessPartnerAddressType",
      isCollection: true,
      references: new Map(),
    });
  });

  it("reads what may be done with an entity set, and which sets its navigations lead to", () => {
    expect(model.entitySets.get("A_BusinessPartner")).toEqual({
      name: "A_BusinessPartner",
      kind: "set",
      type: "API_BUSINESS_PARTNER.A_BusinessPartnerType",
      label: "Business Partner",
      isReadable: true,
      isCreatable: true,
      isUpdatable: true,
      isDeletable: false,
      tracksChanges: false,
      usesETags: true,
      bindings: new Map([["to_BusinessPartnerAddress", "A_BusinessPartnerAddress"]]),
    });
    const orders = readMetadata(fixture("API_SALES_ORDER_SRV")).entitySets;
    expect(orders.get("A_SalesOrderItem")).toMatchObject({
      isReadable: false,
      isCreatable: false,
      bindings: new Map([["to_SalesOrder", "A_SalesOrder"]]),
    });
  });

  it("reads function imports with their method", () => {
    expect(readMetadata(fixture("API_SALES_ORDER_SRV")).operations).toEqual([
      expect.objectContaining({
        name: "releaseApprovalRequest",
        kind: "action",
        method: "POST",
        parameters: [expect.objectContaining({ name: "SalesOrder", type: "Edm.String", maxLength: 10 })],
        returns: { type: "API_SALES_ORDER_SRV.FunctionResult", isCollection: false },
      }),
      expect.objectContaining({
        name: "GetOpenOrders",
        kind: "function",
        method: "GET",
        label: "Open Orders",
        returns: { type: "API_SALES_ORDER_SRV.A_SalesOrderType", isCollection: true, entitySet: "A_SalesOrder" },
      }),
    ]);
  });
});

describe("readMetadata of v4", () => {
  const model = readMetadata(fixture("orders-v4"));
  const order = model.types.get("com.example.orders.Order");

  it("takes aliases out and gives a type what it inherits, over schemas", () => {
    expect(order).toMatchObject({ baseType: "com.example.base.Document", keys: ["Id"], isOpen: true });
    expect([...(order?.properties.keys() ?? [])].slice(0, 3)).toEqual(["Id", "Number", "Status"]);
    expect(order?.navigations.get("Attachments")?.type).toBe("com.example.base.Attachment");
    expect(model.types.get("com.example.orders.RushOrder")).toMatchObject({ keys: ["Id"], isOpen: true });
    expect(model.types.get("com.example.base.Attachment")?.hasStream).toBe(true);
  });

  it("reads enumerations and type definitions", () => {
    expect(model.enumerations.get("com.example.orders.Status")).toEqual({
      members: new Map([
        ["Open", "0"],
        ["Closed", "1"],
        ["Lost", "9"],
      ]),
      isFlags: false,
    });
    expect(model.typeDefinitions.get("com.example.base.DocumentNumber")).toEqual({ type: "Edm.String", maxLength: 10 });
    expect(order?.properties.get("Number")?.type).toBe("com.example.base.DocumentNumber");
  });

  it("reads annotations in and out of line, whatever alias they use", () => {
    expect(order?.properties.get("Id")).toMatchObject({ isCreatable: false, isUpdatable: false });
    expect(order?.properties.get("Number")).toMatchObject({ isCreatable: true, isUpdatable: false });
    expect(order?.properties.get("Total")?.label).toBe("Net value");
    expect(order?.properties.get("Priority")).toMatchObject({ hasDefault: true, isNullable: false });
    expect(model.entitySets.get("Orders")).toMatchObject({ tracksChanges: true, isCreatable: true, usesETags: false });
    expect(model.entitySets.get("Customers")).toMatchObject({
      label: "Business partners",
      isCreatable: false,
      isUpdatable: false,
      isDeletable: true,
      usesETags: true,
    });
  });

  it("puts a set's restrictions onto its type only where no other set has that type", () => {
    expect(model.types.get("com.example.orders.Customer")?.properties.get("Secret")?.isFilterable).toBe(false);
    const two = fixture("orders-v4")
      .toString()
      .replace("<Singleton", '<EntitySet Name="More" EntityType="SELF.Customer"/><Singleton');
    const type = readMetadata(two).types.get("com.example.orders.Customer");
    expect(type?.properties.get("Secret")?.isFilterable).toBe(true);
  });

  it("knows singletons, and every overload of what can be called", () => {
    expect(model.entitySets.get("Me")).toMatchObject({ kind: "singleton", type: "com.example.orders.Customer" });
    expect(model.operations.map(({ name, boundTo, parameters }) => [name, boundTo, parameters.length])).toEqual([
      ["com.example.orders.Close", { type: "com.example.orders.Order", isCollection: false }, 1],
      ["com.example.orders.Close", { type: "com.example.orders.Order", isCollection: true }, 0],
      ["LateOrders", undefined, 0],
      ["LateOrders", undefined, 1],
      ["Reset", undefined, 0],
    ]);
    expect(model.operations[3]?.parameters[0]?.hasDefault).toBe(true);
    expect(model.operations[2]?.returns).toEqual({
      type: "com.example.orders.Order",
      isCollection: true,
      entitySet: "Orders",
    });
  });
});

describe("readMetadata of CAP", () => {
  it.each(["v2", "v4"] as const)("reads what SAP's compiler writes in %s", (version) => {
    const model = readMetadata(compileCds(shopModel, version));
    expect(model).toMatchObject({ version, namespace: "S" });
    expect(
      [...model.entitySets.values()].map(({ name, isCreatable, bindings }) => [name, isCreatable, bindings]),
    ).toEqual([
      ["Partners", true, new Map([["orders", "Orders"]])],
      ["Orders", false, new Map([["partner", "Partners"]])],
    ]);
    const partners = model.types.get("S.Partners");
    expect(partners?.properties.get("name")).toMatchObject({ maxLength: 81, label: "Name" });
    expect(partners?.properties.get("status")?.allowedValues).toEqual(["O", "C"]);
    expect(partners?.properties.get("ID")?.hasDefault).toBe(true);
    expect(partners?.properties.get("tags")).toMatchObject({ type: "Edm.String", isCollection: true });
    expect(model.types.get("S.Orders")?.properties.get("qty")).toMatchObject({ isCreatable: false });
    expect(model.operations.map(({ name }) => name).toSorted()).toEqual(
      version === "v2" ? ["Partners_age", "Partners_block", "reset", "top"] : ["S.age", "S.block", "reset", "top"],
    );
  });
});

describe("readMetadata of hostile documents", () => {
  const edmx = (schema: string, version = "4.0") =>
    `<Edmx Version="${version}"><DataServices><Schema Namespace="S">${schema}</Schema></DataServices></Edmx>`;
  const container = '<EntityContainer Name="C"/>';
  const manyNamed = (element: string, attributes: string) =>
    Array.from({ length: 20_000 }, (_, at) => `<${element} Name="n${at}" ${attributes}/>`).join("");
  const chain = (length: number, base: number) =>
    Array.from({ length }, (_, at) => `<EntityType Name="T${at}" BaseType="S.T${at + base}"/>`).join("");

  it.each([
    ["a login page", "<html><body>Log on</body></html>"],
    ["no DataServices", '<Edmx Version="4.0"/>'],
    ["a version of another world", edmx(container, "7")],
    ["no container", edmx("")],
    ["no namespace", '<Edmx Version="4.0"><DataServices><Schema/></DataServices></Edmx>'],
    [
      "types that extend each other",
      edmx(`<EntityType Name="A" BaseType="S.B"/><EntityType Name="B" BaseType="S.A"/>${container}`),
    ],
    ["a type that extends itself", edmx(`<EntityType Name="A" BaseType="S.A"/>${container}`)],
    ["20 000 types on top of one another", edmx(`${chain(20_000, 1)}<EntityType Name="T20000"/>${container}`)],
    ["a base type that is not there", edmx(`<EntityType Name="A" BaseType="S.X"/>${container}`)],
    [
      "a set of a type that is not there",
      edmx('<EntityContainer Name="C"><EntitySet Name="A" EntityType="S.X"/></EntityContainer>'),
    ],
    [
      "an import of what is not there",
      edmx('<EntityContainer Name="C"><ActionImport Name="A" Action="S.X"/></EntityContainer>'),
    ],
    ["two types of one name", edmx(`<EntityType Name="A"/><ComplexType Name="A"/>${container}`)],
    [
      "two properties of one name",
      edmx(
        `<EntityType Name="A"><Property Name="p" Type="Edm.String"/><Property Name="p" Type="Edm.Int32"/></EntityType>${container}`,
      ),
    ],
    [
      "two sets of one name",
      edmx(
        '<EntityType Name="A"/><EntityContainer Name="C"><EntitySet Name="A" EntityType="S.A"/><Singleton Name="A" Type="S.A"/></EntityContainer>',
      ),
    ],
    ["containers that extend each other", edmx('<EntityContainer Name="C" Extends="S.C"/>')],
    [
      "a navigation without its association",
      edmx(
        `<EntityType Name="A"><NavigationProperty Name="n" Relationship="S.X" FromRole="a" ToRole="b"/></EntityType>${container}`,
        "1.0",
      ),
    ],
    [
      "a method that HTTP does not have",
      edmx('<EntityContainer Name="C"><FunctionImport Name="f" HttpMethod="STEAL"/></EntityContainer>', "1.0"),
    ],
    ["an element without a name", edmx(`<EntityType/>${container}`)],
  ])("refuses %s", (_name, document) => {
    expect(() => readMetadata(document)).toThrow(expect.objectContaining({ code: "UNEXPECTED_RESPONSE" }));
  });

  it("does not let inheritance multiply properties without end", () => {
    const properties = Array.from({ length: 2_000 }, (_, at) => `<Property Name="p${at}" Type="Edm.String"/>`).join("");
    const derived = Array.from({ length: 2_000 }, (_, at) => `<EntityType Name="D${at}" BaseType="S.T"/>`).join("");
    const document = edmx(`<EntityType Name="T">${properties}</EntityType>${derived}${container}`);
    expect(() => readMetadata(document)).toThrow(expect.objectContaining({ code: "RESPONSE_TOO_LARGE" }));
  });

  it("does not let imports multiply overloads without end", () => {
    const functions = '<Function Name="f"/>'.repeat(2_000);
    const imports = Array.from({ length: 2_000 }, (_, at) => `<FunctionImport Name="i${at}" Function="S.f"/>`).join("");
    const document = edmx(`${functions}<EntityContainer Name="C">${imports}</EntityContainer>`);
    expect(() => readMetadata(document)).toThrow(expect.objectContaining({ code: "RESPONSE_TOO_LARGE" }));
  });

  it.each([
    [
      "overloads that share many annotations",
      edmx(
        `${'<Function Name="f" IsBound="true"><Parameter Name="p" Type="Edm.String"/></Function>'.repeat(20_000)}
        <Annotations Target="S.f">${'<Annotation Term="S.t"/>'.repeat(20_000)}</Annotations>${container}`,
      ),
    ],
    [
      "sets that share many properties",
      edmx(
        `<EntityType Name="T">${manyNamed("Property", 'Type="Edm.String"')}</EntityType>
        <EntityContainer Name="C">${manyNamed("EntitySet", 'EntityType="S.T"')}</EntityContainer>`,
      ),
    ],
    [
      "an association with many ends",
      edmx(
        `<EntityContainer Name="C"><AssociationSet>${"<End/>".repeat(100_000)}</AssociationSet></EntityContainer>`,
        "1.0",
      ),
    ],
  ])(
    "takes no time that grows with the square: %s",
    (_name, document) => {
      expect(readMetadata(document).namespace).toBe("S");
    },
    5_000,
  );

  it("reads thousands of types", () => {
    const types = Array.from(
      { length: 5_000 },
      (_, at) =>
        `<EntityType Name="T${at}"><Key><PropertyRef Name="p"/></Key><Property Name="p" Type="S.Nowhere"/></EntityType>`,
    ).join("");
    expect(readMetadata(edmx(types + container)).types.size).toBe(5_000);
  });
});
