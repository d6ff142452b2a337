import { day, decimal, flag, guid, instant, key, readOnly, text } from "./property-builders.js";
import type { EntityModel, ServiceModel } from "./service-model.js";

const businessPartner: EntityModel = {
  type: "A_BusinessPartnerType",
  set: "A_BusinessPartner",
  label: "Business Partner",
  keys: ["BusinessPartner"],
  properties: [
    key("BusinessPartner", 10, "Business Partner", { alpha: true, upperCase: true }),
    text("Customer", 10, "Customer", { ...readOnly, alpha: true, upperCase: true }),
    text("BusinessPartnerCategory", 1, "BP Category", { updatable: false, upperCase: true }),
    text("BusinessPartnerFullName", 81, "Full Name", readOnly),
    text("BusinessPartnerGrouping", 4, "BP Grouping", { updatable: false, upperCase: true }),
    text("BusinessPartnerName", 81, "Business Partner Name", readOnly),
    guid("BusinessPartnerUUID", "BP GUID", readOnly),
    text("CorrespondenceLanguage", 2, "Corresp. language"),
    text("CreatedByUser", 12, "Created By", { ...readOnly, upperCase: true }),
    day("CreationDate", "Created On", readOnly),
    { name: "CreationTime", type: "Edm.TimeOfDay", label: "Created At", ...readOnly },
    text("FirstName", 40, "First Name"),
    text("LastName", 40, "Last Name"),
    text("LastChangedByUser", 12, "Changed By", { ...readOnly, upperCase: true }),
    instant("LastChangeDateTime", "Time Stamp", readOnly),
    text("OrganizationBPName1", 40, "Name 1"),
    text("OrganizationBPName2", 40, "Name 2"),
    text("SearchTerm1", 20, "Search Term 1", { upperCase: true }),
    flag("BusinessPartnerIsBlocked", "Central Block"),
  ],
  navigations: [
    {
      name: "to_BusinessPartnerAddress",
      target: "A_BusinessPartnerAddressType",
      many: true,
      on: [["BusinessPartner", "BusinessPartner"]],
      composition: true,
    },
    { name: "to_Customer", target: "A_CustomerType", many: false, on: [["Customer", "Customer"]] },
  ],
  etag: "LastChangeDateTime",
  creatable: true,
  updatable: true,
  deletable: false,
};

const address: EntityModel = {
  type: "A_BusinessPartnerAddressType",
  set: "A_BusinessPartnerAddress",
  label: "Address",
  keys: ["BusinessPartner", "AddressID"],
  properties: [
    key("BusinessPartner", 10, "Business Partner", { alpha: true, upperCase: true }),
    key("AddressID", 10, "Address Number", { alpha: true, creatable: false, upperCase: true }),
    text("CityName", 40, "City"),
    text("Country", 3, "Country/Region Key", { upperCase: true }),
    text("FullName", 80, "Full Name", readOnly),
    text("HouseNumber", 10, "House Number"),
    text("Language", 2, "Language Key"),
    text("PostalCode", 10, "Postal Code", { upperCase: true }),
    text("Region", 3, "Region", { upperCase: true }),
    text("StreetName", 60, "Street"),
  ],
  navigations: [],
  creatable: true,
  updatable: true,
  deletable: true,
};

const customer: EntityModel = {
  type: "A_CustomerType",
  set: "A_Customer",
  label: "Customer General",
  keys: ["Customer"],
  properties: [
    key("Customer", 10, "Customer", { alpha: true, creatable: false, upperCase: true }),
    text("CreatedByUser", 12, "Created by", { ...readOnly, upperCase: true }),
    day("CreationDate", "Created on", readOnly),
    text("CustomerAccountGroup", 4, "Account group", { ...readOnly, upperCase: true }),
    text("CustomerFullName", 220, "Customer Full Name", readOnly),
    text("CustomerName", 80, "Name of Customer", readOnly),
    flag("DeletionIndicator", "Central deletion flag"),
    text("OrderIsBlockedForCustomer", 2, "Central order block", { upperCase: true }),
    decimal("OrderVolume", [24, 3], "Order Volume", { ...readOnly, unit: "OrderVolumeCurrency" }),
    text("OrderVolumeCurrency", 5, "Currency", { ...readOnly, semantics: "currency-code" }),
    { name: "NumberOfSalesOrders", type: "Edm.Int64", label: "Number of Orders", ...readOnly },
  ],
  navigations: [],
  creatable: false,
  updatable: true,
  deletable: false,
};

/**
 * Business Partner (A2X), trimmed: a customer's order volume and number of orders are ours, to have an `Edm.Int64`.
 *
 * @see https://api.sap.com/api/API_BUSINESS_PARTNER
 */
export const businessPartnerService: ServiceModel = {
  version: "2.0",
  root: "/sap/opu/odata/sap/API_BUSINESS_PARTNER/",
  namespace: "API_BUSINESS_PARTNER",
  id: "API_BUSINESS_PARTNER",
  container: "API_BUSINESS_PARTNER_Entities",
  title: "Remote API for Business Partner",
  component: "LO-MD-BP",
  entities: [businessPartner, address, customer],
  complexTypes: [],
  operations: [],
};
