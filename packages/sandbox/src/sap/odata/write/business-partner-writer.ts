import { padNumber, stripZeros } from "../../number-ranges.js";
import type { BusinessPartner } from "../../records.js";
import type { Row } from "../rows.js";
import { refusal } from "./messages.js";
import type { Payload } from "./payload.js";
import { type EntityWriter, nextInstant, textOf, today, type WriteContext } from "./writer.js";

/** Rules of `A_BusinessPartner`: category 1 has a last name, category 2 a name; without a number the system gives one. */
export const businessPartnerWriter: EntityWriter = {
  create({ values, nested }, context) {
    const { state } = context;
    const number = takeNumber(values, context);
    const category = textOf(values, "BusinessPartnerCategory");
    if (category !== "1" && category !== "2") throw refusal(context, "R1/203", [], "BusinessPartnerCategory");
    const partner: BusinessPartner = {
      BusinessPartner: number,
      BusinessPartnerCategory: category,
      BusinessPartnerGrouping: textOf(values, "BusinessPartnerGrouping") || "BP02",
      BusinessPartnerUUID: uuidFrom(state.random(16)),
      Customer: "",
      OrganizationBPName1: textOf(values, "OrganizationBPName1"),
      OrganizationBPName2: textOf(values, "OrganizationBPName2"),
      FirstName: textOf(values, "FirstName"),
      LastName: textOf(values, "LastName"),
      SearchTerm1: textOf(values, "SearchTerm1"),
      CorrespondenceLanguage: textOf(values, "CorrespondenceLanguage") || (context.language === "D" ? "DE" : "EN"),
      BusinessPartnerIsBlocked: values.BusinessPartnerIsBlocked === true,
      CreatedByUser: context.user,
      CreationDate: today(state),
      LastChangedByUser: context.user,
      LastChangeDateTime: nextInstant(state),
    };
    assertNamed(partner, context);
    state.businessPartners.create(partner);
    for (const address of nested.to_BusinessPartnerAddress ?? []) createAddress(number, address.values, context);
    return { BusinessPartner: stripZeros(number) };
  },
  update(keys, values, context) {
    const partner = readPartner(keys, context);
    const changed = { ...partner, ...values, BusinessPartner: partner.BusinessPartner };
    assertNamed(changed, context);
    context.state.businessPartners.change(partner.BusinessPartner, {
      ...changed,
      Customer: partner.Customer,
      LastChangedByUser: context.user,
      LastChangeDateTime: nextInstant(context.state, partner.LastChangeDateTime),
    });
  },
};

/** Rules of the addresses; a change of one is no change of the partner. */
export const addressWriter: EntityWriter = {
  create({ values }: Payload, context) {
    const partner = readPartner(values, context);
    const id = createAddress(partner.BusinessPartner, values, context);
    return { BusinessPartner: stripZeros(partner.BusinessPartner), AddressID: stripZeros(id) };
  },
  update(keys, values, context) {
    const key = addressKey(keys);
    const address = context.state.addresses.read(key);
    if (address === undefined) throw refusal(context, "R1/006", [textOf(keys, "BusinessPartner")]);
    const { BusinessPartner, AddressID } = address;
    context.state.addresses.change(key, { ...address, ...values, BusinessPartner, AddressID });
  },
  remove(keys, { state }) {
    state.addresses.remove(addressKey(keys));
  },
};

/** Rules of `A_Customer`: blocks only. */
export const customerWriter: EntityWriter = {
  update(keys, values, { state }) {
    const key = padNumber(textOf(keys, "Customer"), 10);
    const customer = state.customers.read(key);
    if (customer !== undefined) state.customers.change(key, { ...customer, ...values, Customer: key });
  },
};

function takeNumber(values: Row, context: WriteContext): string {
  const given = padNumber(textOf(values, "BusinessPartner"), 10);
  if (given !== "" && context.state.businessPartners.has(given)) {
    throw refusal(context, "R1/111", [stripZeros(given)], "BusinessPartner");
  }
  return given === "" ? context.state.numberRanges.take("businessPartner") : given;
}

function createAddress(partner: string, values: Row, context: WriteContext): string {
  if (textOf(values, "Country") === "") throw refusal(context, "R1/330", [], "Country");
  const { addresses } = context.state;
  const highest = addresses.list().reduce((most, { AddressID }) => Math.max(most, Number(AddressID)), 0);
  const AddressID = padNumber(String(highest + 1), 10);
  addresses.create({
    BusinessPartner: partner,
    AddressID,
    StreetName: textOf(values, "StreetName"),
    HouseNumber: textOf(values, "HouseNumber"),
    PostalCode: textOf(values, "PostalCode"),
    CityName: textOf(values, "CityName"),
    Country: textOf(values, "Country"),
    Region: textOf(values, "Region"),
    Language: textOf(values, "Language"),
  });
  return AddressID;
}

function readPartner(keys: Row, context: WriteContext): BusinessPartner {
  const partner = context.state.businessPartners.read(padNumber(textOf(keys, "BusinessPartner"), 10));
  if (partner === undefined) throw refusal(context, "R1/006", [textOf(keys, "BusinessPartner")], "BusinessPartner");
  return partner;
}

function assertNamed(partner: BusinessPartner, context: WriteContext): void {
  const target = partner.BusinessPartnerCategory === "1" ? "LastName" : "OrganizationBPName1";
  if (partner[target] === "") throw refusal(context, "R1/204", [], target);
}

function addressKey(keys: Row): string {
  return `${padNumber(textOf(keys, "BusinessPartner"), 10)}/${padNumber(textOf(keys, "AddressID"), 10)}`;
}

function uuidFrom(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
