import { describe, expect, it } from "vitest";
import { readFixtureModel } from "../../test/support/odata-models.js";
import { describeEntity, summarizeEntity } from "./describe-entity.js";
import { findEntitySet } from "./model-lookup.js";

const partners = readFixtureModel("API_BUSINESS_PARTNER");
const fieldsOf = (...[model, name]: Parameters<typeof findEntitySet>) => {
  const { fields } = describeEntity(model, findEntitySet(model, name));
  return new Map(fields.map((field) => [field.name, field]));
};

describe("summarizeEntity", () => {
  it("says what may be done with a set, by SAP's label", () => {
    expect(summarizeEntity(findEntitySet(partners, "A_BusinessPartner"))).toEqual({
      name: "A_BusinessPartner",
      label: "Business Partner",
      readable: true,
      creatable: true,
      updatable: true,
      deletable: false,
      custom: false,
    });
  });

  it.each([
    ["YY1_TRAVEL", true],
    ["ZCustomerSet", true],
    ["Z_ORDERS", true],
    ["Zones", false],
    ["A_SalesOrder", false],
  ])("knows %s as the customer's own: %j", (name, custom) => {
    const set = { ...findEntitySet(partners, "A_BusinessPartner"), name };
    expect(summarizeEntity(set).custom).toBe(custom);
  });
});

describe("describeEntity", () => {
  it("describes properties of SAP Gateway", () => {
    const fields = fieldsOf(partners, "A_BusinessPartner");
    expect(fields.get("BusinessPartner")).toEqual({
      name: "BusinessPartner",
      label: "Business Partner",
      type: "Edm.String",
      required: false,
      creatable: true,
      updatable: false,
      unique: true,
      externalId: true,
      maxLength: 10,
    });
    expect(fields.get("BusinessPartnerFullName")).toMatchObject({ creatable: false, updatable: false });
    expect(fields.get("YY1_Rating_bus")).not.toHaveProperty("maxLength");
    expect(fields.get("to_BusinessPartnerAddress")).toMatchObject({
      label: "Address",
      type: "Collection(API_BUSINESS_PARTNER.A_BusinessPartnerAddressType)",
      references: ["A_BusinessPartnerAddress"],
    });
  });

  it("calls no part of a compound key unique", () => {
    const fields = fieldsOf(partners, "A_BusinessPartnerAddress");
    expect(fields.get("AddressID")).toMatchObject({ unique: false, externalId: false });
  });

  it("says what v4 demands, the values of a choice, and what foreign keys point to", () => {
    const orders = readFixtureModel("orders-v4");
    const fields = fieldsOf(orders, "Orders");
    expect(fields.get("Number")).toMatchObject({ required: true, updatable: false, maxLength: 10 });
    expect(fields.get("Priority")).toMatchObject({ required: false });
    expect(fields.get("Id")).toMatchObject({ required: false, creatable: false });
    expect(fields.get("Status")).toMatchObject({ values: ["Open", "Closed", "Lost"] });
    expect(fields.get("Tags")).toMatchObject({ type: "Collection(Edm.String)", required: false });
    expect(fields.get("CustomerId")).toMatchObject({ references: ["Customers"] });
  });

  it("demands nothing of a set that nobody may create in", () => {
    const fields = fieldsOf(readFixtureModel("orders-v4"), "Customers");
    expect([...fields.values()].some(({ required, creatable }) => required || creatable)).toBe(false);
  });
});
