import { padNumber } from "../number-ranges.js";
import type { BusinessPartnerAddress } from "../records.js";
import type { SapState } from "../state.js";
import { fromAbapDate, otherFields, toAbapDate } from "./abap-values.js";

type Row = Readonly<Record<string, string>>;

const known = ["KUNNR", "NAME1", "NAME2", "KTOKD", "AUFSD", "LOEVM", "ERNAM", "ERDAT", "SPRAS"];
/** Fields of KNA1 that are kept in the partner's address. */
const addressFields = {
  STRAS: "StreetName",
  PSTLZ: "PostalCode",
  ORT01: "CityName",
  LAND1: "Country",
  REGIO: "Region",
} as const;

/** KNA1, in the order of its creation. */
export function listCustomers(state: SapState): Row[] {
  const addresses = new Map(state.addresses.list().map((address) => [address.BusinessPartner, address]));
  return state.customers.list().map((customer) => {
    const partner = state.businessPartners.read(customer.Customer);
    const address = addresses.get(customer.Customer);
    const named = Object.entries(addressFields).map(([field, name]) => [field, address?.[name] ?? ""]);
    return {
      ...customer.fields,
      KUNNR: customer.Customer,
      NAME1: partner?.OrganizationBPName1.slice(0, 35) ?? customer.CustomerName.slice(0, 35),
      NAME2: partner?.OrganizationBPName2.slice(0, 35) ?? "",
      ...Object.fromEntries(named),
      STRAS: [address?.StreetName, address?.HouseNumber].filter(Boolean).join(" ").slice(0, 35),
      SPRAS: partner?.CorrespondenceLanguage === "DE" ? "D" : "E",
      KTOKD: customer.CustomerAccountGroup,
      AUFSD: customer.OrderIsBlockedForCustomer,
      LOEVM: customer.DeletionIndicator ? "X" : "",
      ERNAM: customer.CreatedByUser,
      ERDAT: toAbapDate(customer.CreationDate),
    };
  });
}

/** Changes a customer, or makes one that is a business partner too. */
export function saveCustomer(state: SapState, row: Row): void {
  const number = padNumber(row.KUNNR ?? "", 10);
  const previous = listCustomers(state).find(({ KUNNR }) => KUNNR === number);
  const merged: Row = { ...previous, ...row, KUNNR: number };
  const now = new Date(state.clock()).toISOString();
  const customer = {
    Customer: number,
    CustomerName: [merged.NAME1, merged.NAME2].filter(Boolean).join(" "),
    CustomerAccountGroup: merged.KTOKD ?? "CUST",
    OrderIsBlockedForCustomer: merged.AUFSD ?? "",
    DeletionIndicator: merged.LOEVM === "X",
    CreatedByUser: merged.ERNAM ?? "ALEREMOTE",
    CreationDate: fromAbapDate(merged.ERDAT) ?? now.slice(0, 10),
    fields: otherFields(merged, [...known, ...Object.keys(addressFields)]),
  };
  const partner = {
    OrganizationBPName1: merged.NAME1 ?? "",
    OrganizationBPName2: merged.NAME2 ?? "",
    CorrespondenceLanguage: merged.SPRAS === "D" ? "DE" : "EN",
    LastChangedByUser: "ALEREMOTE",
    LastChangeDateTime: now,
  };
  if (previous !== undefined) {
    state.customers.change(number, customer);
    if (state.businessPartners.has(number)) state.businessPartners.change(number, partner);
  } else {
    state.customers.create(customer);
    state.businessPartners.create({ ...newPartner(state, number, now), ...partner });
  }
  saveAddress(state, number, row);
}

function newPartner(state: SapState, number: string, now: string) {
  const hex = Buffer.from(state.random(16)).toString("hex");
  return {
    BusinessPartner: number,
    BusinessPartnerCategory: "2" as const,
    BusinessPartnerGrouping: "BP02",
    BusinessPartnerUUID: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
    Customer: number,
    FirstName: "",
    LastName: "",
    SearchTerm1: "",
    BusinessPartnerIsBlocked: false,
    CreatedByUser: "ALEREMOTE",
    CreationDate: now.slice(0, 10),
  };
}

function saveAddress(state: SapState, number: string, row: Row): void {
  const changes: Partial<BusinessPartnerAddress> = {};
  for (const [field, name] of Object.entries(addressFields)) {
    const value = row[field];
    if (value !== undefined) changes[name] = value;
  }
  const existing = state.addresses.list().find(({ BusinessPartner }) => BusinessPartner === number);
  // KNA1 has street and house number in one field.
  if (row.STRAS !== undefined) changes.HouseNumber = "";
  if (existing !== undefined) {
    state.addresses.change(`${number}/${existing.AddressID}`, changes);
    return;
  }
  const highest = state.addresses.list().reduce((most, { AddressID }) => Math.max(most, Number(AddressID)), 0);
  const empty = {
    StreetName: "",
    HouseNumber: "",
    PostalCode: "",
    CityName: "",
    Country: "",
    Region: "",
    Language: "EN",
  };
  const AddressID = padNumber(String(highest + 1), 10);
  state.addresses.create({ ...empty, ...changes, BusinessPartner: number, AddressID });
}
