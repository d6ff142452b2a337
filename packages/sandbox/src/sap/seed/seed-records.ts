import { createHash } from "node:crypto";
import { createPseudoRandom, type PseudoRandom } from "../../shared/pseudo-random.js";
import { formatDecimal, multiply, parseDecimal } from "../money.js";
import { padNumber } from "../number-ranges.js";
import type { SalesOrderItem } from "../records.js";
import type { SapState } from "../state.js";
import { longText, materials, organizations, people } from "./names.js";

/** Orders that a new system has. */
const orderCount = 60;

/** Fills an empty system: the same seed gives the same records, whatever the day. */
export function seedRecords(state: SapState, seed: number): void {
  const random = createPseudoRandom(seed);
  seedMaterials(state);
  for (const [index] of organizations.entries()) seedOrganization(state, index);
  for (const [index] of people.entries()) seedPerson(state, index);
  const customers = state.customers.list().filter(({ OrderIsBlockedForCustomer }) => OrderIsBlockedForCustomer === "");
  // The last two have no order.
  const buyers = customers.slice(0, -2).map(({ Customer }) => Customer);
  for (let index = 0; index < orderCount; index += 1) seedOrder(state, random, buyers, index);
}

/** Adds so many business partners, told apart by their numbers, a minute apart, for tries with many records. */
export function seedPartners(state: SapState, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const at = new Date(Date.UTC(2025, 0, 6) + index * 60_000).toISOString();
    createPartner(state, index, {
      BusinessPartnerCategory: "1",
      FirstName: "Volume",
      LastName: `Partner ${index + 1}`,
      CreationDate: at.slice(0, 10),
      LastChangeDateTime: at,
    });
  }
}

function seedMaterials(state: SapState): void {
  for (const [Material, MaterialType, BaseUnit, english, german, netPrice] of materials) {
    const texts = { EN: english, DE: german };
    state.materials.create({ Material, MaterialType, BaseUnit, texts, netPrice, fields: {} });
  }
}

function seedOrganization(state: SapState, index: number): void {
  const organization = organizations[index];
  if (organization === undefined) return;
  const [name1, name2, street, house, postalCode, city, country, region] = organization;
  const number = createPartner(state, index, {
    BusinessPartnerCategory: "2",
    OrganizationBPName1: name1,
    OrganizationBPName2: name2,
    CorrespondenceLanguage: ["DE", "CH"].includes(country) ? "DE" : "EN",
  });
  state.customers.create({
    Customer: number,
    CustomerName: name2 === "" ? name1 : `${name1} ${name2}`,
    CustomerAccountGroup: "CUST",
    OrderIsBlockedForCustomer: index === 3 ? "01" : "",
    DeletionIndicator: false,
    CreatedByUser: "CONVERSION",
    CreationDate: seedDay(index),
    fields: {},
  });
  state.addresses.create({
    BusinessPartner: number,
    AddressID: padNumber(String(20_001 + index), 10),
    StreetName: street,
    HouseNumber: house,
    PostalCode: postalCode,
    CityName: city,
    Country: country,
    Region: region,
    Language: ["DE", "CH"].includes(country) ? "DE" : "EN",
  });
}

function seedPerson(state: SapState, index: number): void {
  const [FirstName = "", LastName = ""] = people[index] ?? [];
  const number = createPartner(state, organizations.length + index, {
    BusinessPartnerCategory: "1",
    FirstName,
    LastName,
  });
  state.addresses.create({
    BusinessPartner: number,
    AddressID: padNumber(String(21_001 + index), 10),
    StreetName: "Am Stadtgraben",
    HouseNumber: String(index + 1),
    PostalCode: "70173",
    CityName: "Stuttgart",
    Country: "DE",
    Region: "08",
    Language: "DE",
  });
}

type Named = { BusinessPartnerCategory: "1" | "2" } & Partial<
  Record<
    | "OrganizationBPName1"
    | "OrganizationBPName2"
    | "FirstName"
    | "LastName"
    | "CorrespondenceLanguage"
    | "CreationDate"
    | "LastChangeDateTime",
    string
  >
>;

function createPartner(state: SapState, index: number, named: Named): string {
  const number = state.numberRanges.take("businessPartner");
  const term = named.OrganizationBPName1 ?? named.LastName ?? "";
  state.businessPartners.create({
    BusinessPartner: number,
    BusinessPartnerGrouping: "BP02",
    BusinessPartnerUUID: uuidOf(number),
    Customer: named.BusinessPartnerCategory === "2" ? number : "",
    OrganizationBPName1: "",
    OrganizationBPName2: "",
    FirstName: "",
    LastName: "",
    SearchTerm1: term.toUpperCase().slice(0, 20),
    CorrespondenceLanguage: "DE",
    BusinessPartnerIsBlocked: false,
    CreatedByUser: "CONVERSION",
    CreationDate: seedDay(index),
    LastChangedByUser: "CONVERSION",
    LastChangeDateTime: `${seedDay(index)}T09:15:${String(index).padStart(2, "0")}.123Z`,
    ...named,
  });
  return number;
}

function seedOrder(state: SapState, random: PseudoRandom, buyers: readonly string[], index: number): void {
  const items = Array.from({ length: random.between(1, 4) }, (_, line) => seedItem(random, line));
  const total = items.reduce((sum, { NetAmount }) => sum + parseDecimal(NetAmount, 2), 0n);
  const day = seedDay(100 + index * 3);
  state.salesOrders.create({
    SalesOrder: state.numberRanges.take("salesOrder"),
    SalesOrderType: "OR",
    SalesOrganization: "1010",
    DistributionChannel: "10",
    OrganizationDivision: "00",
    SoldToParty: random.pick(buyers),
    PurchaseOrderByCustomer: index % 7 === 0 ? `Bestellung Nr. ${1_000 + index} – Größe & Maß` : `PO-${10_000 + index}`,
    SalesOrderDate: day,
    RequestedDeliveryDate: index % 5 === 0 ? null : seedDay(107 + index * 3),
    TransactionCurrency: "EUR",
    TotalNetAmount: formatDecimal(total, 2),
    CustomerPaymentTerms: random.pick(["0001", "0002", "NT30"]),
    OverallSDProcessStatus: random.pick(["A", "B", "C"]),
    SalesDocApprovalStatus: index % 10 === 4 ? "A" : "",
    DeliveryBlockReason: "",
    headerText: index % 6 === 0 ? longText : "",
    CreatedByUser: "CONVERSION",
    CreationDate: day,
    LastChangeDateTime: `${day}T14:02:${String(index).padStart(2, "0")}.500Z`,
    items,
  });
}

function seedItem(random: PseudoRandom, line: number): SalesOrderItem {
  const [Material, , unit, text, , price] = random.pick(
    materials.filter(([, , , , , netPrice]) => netPrice !== "0.00"),
  );
  const quantity = `${random.between(1, 40)}.000`;
  return {
    SalesOrderItem: padNumber(String((line + 1) * 10), 6),
    Material,
    SalesOrderItemText: text,
    RequestedQuantity: quantity,
    RequestedQuantityUnit: unit,
    NetAmount: multiply(quantity, price),
    TransactionCurrency: "EUR",
    Plant: "1010",
    SalesDocumentRjcnReason: "",
  };
}

/** A day of 2025, some days after new year. */
function seedDay(after: number): string {
  return new Date(Date.UTC(2025, 0, 6 + after)).toISOString().slice(0, 10);
}

function uuidOf(number: string): string {
  const hex = createHash("sha256").update(`business partner ${number}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-1ed4-9d97-${hex.slice(12, 24)}`;
}
