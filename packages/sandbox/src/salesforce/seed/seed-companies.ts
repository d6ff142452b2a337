import type { PseudoRandom } from "../../shared/pseudo-random.js";
import type { RecordStore } from "../data/record-store.js";
import { toDate, toSalesforceDateTime } from "../data/time.js";
import type { FieldDefinition, ObjectDefinition, Row } from "../schema/definitions.js";
import { account, contact } from "../schema/sales-objects.js";
import { countries, type SeedCountry } from "./countries.js";

/** What every part of the seeding needs. */
export interface SeedContext {
  store: RecordStore;
  random: PseudoRandom;
  /** Midnight UTC of the present day, in milliseconds. */
  today: number;
  /** Ids of the users who own things. */
  owners: string[];
}

/** A company together with the country it is from. */
export interface SeededAccount {
  row: Row;
  country: SeedCountry;
}

const accountCount = 320;
const contactCount = 960;
const dayMs = 86_400_000;

/** Makes companies and the people who work there. */
export function seedCompanies(context: SeedContext): { accounts: SeededAccount[]; contacts: Row[] } {
  const accounts = Array.from({ length: accountCount }, (_unused, at) => seedAccount(context, at));
  const contacts = Array.from({ length: contactCount }, (_unused, at) => seedContact(context, accounts, at));
  return { accounts, contacts };
}

/** Adds a record as if it had been made `daysAgo`, by its owner. */
export function insertAged(context: SeedContext, object: ObjectDefinition, values: Row, daysAgo: number): Row {
  const { random, owners, today, store } = context;
  const made = toSalesforceDateTime(today - daysAgo * dayMs + random.between(7 * 3600, 18 * 3600) * 1000 - dayMs);
  const OwnerId = random.pick(owners);
  return store.insert(
    object,
    { OwnerId, ...values, CreatedDate: made, LastModifiedDate: made, SystemModstamp: made },
    OwnerId,
  );
}

/** The calendar date so many days ago; negative days lie ahead. */
export function dateAgo(context: SeedContext, daysAgo: number): string {
  return toDate(context.today - daysAgo * dayMs);
}

/** One of a picklist's own values. */
export function pickValue(random: PseudoRandom, object: ObjectDefinition, fieldName: string): string {
  const field: FieldDefinition | undefined = object.fields.find(({ name }) => name === fieldName);
  return random.pick(field?.picklistValues ?? []);
}

/** Letters as an e-mail address takes them. */
export function toAscii(text: string): string {
  const plain = text.replace(/[łŁ]/g, "l").replace(/[øØ]/g, "o").replace(/ß/g, "ss").normalize("NFKD");
  return plain.toLowerCase().replace(/[^a-z0-9]/g, "");
}

function seedAccount(context: SeedContext, at: number): SeededAccount {
  const { random } = context;
  const country = countries[at % countries.length] ?? random.pick(countries);
  const place = random.pick(country.cities);
  const round = Math.floor(at / countries.length);
  const stem = country.stems[round % country.stems.length] ?? random.pick(country.stems);
  const kind =
    country.kinds[Math.floor(round / country.stems.length) % country.kinds.length] ?? random.pick(country.kinds);
  const again = Math.floor(round / (country.stems.length * country.kinds.length));
  const number = String(at + 1).padStart(4, "0");
  const employees = random.between(1, 40) ** 2;
  const street = `${random.pick(country.streets)} ${random.between(1, 180)}`;
  const values: Row = {
    Name: `${stem} ${kind}${again === 0 ? "" : ` (${place.city})`}`.replace(
      /([ぁ-んァ-ヶ一-龠]) (?=[ぁ-んァ-ヶ一-龠])/u,
      "$1",
    ),
    Type: pickValue(random, account, "Type"),
    Industry: pickValue(random, account, "Industry"),
    Rating: random.chance(70) ? pickValue(random, account, "Rating") : null,
    NumberOfEmployees: employees,
    AnnualRevenue: employees * random.between(60, 240) * 1000,
    AccountNumber: `FJ-${number}`,
    External_Id__c: `ERP-${number}`,
    Phone: fillNumber(random, country.phone),
    Website: `https://www.customer-${number}.example`,
    Regions__c: random.chance(25) ? `${country.region};APAC`.replace("APAC;APAC", "APAC") : country.region,
    Active__c: random.chance(92),
    BillingStreet: street,
    BillingCity: place.city,
    BillingState: place.state,
    BillingPostalCode: place.postalCode,
    BillingCountry: country.name,
    Description: random.chance(20)
      ? `Met at the trade fair in ${place.city}.\nWants quotes by e-mail – "no phone calls".`
      : null,
  };
  return { row: insertAged(context, account, values, random.between(30, 1_400)), country };
}

function seedContact(context: SeedContext, accounts: SeededAccount[], at: number): Row {
  const { random } = context;
  const { row, country } = random.pick(accounts);
  const [FirstName, LastName] = [random.pick(country.firstNames), random.pick(country.lastNames)];
  const mailbox = `${toAscii(FirstName) || "mail"}.${toAscii(LastName) || "box"}.${at + 1}`;
  const values: Row = {
    AccountId: row.Id ?? null,
    FirstName,
    LastName,
    Salutation: random.chance(60) ? pickValue(random, contact, "Salutation") : null,
    Title: random.pick(["Purchasing Manager", "CEO", "Head of IT", "Controller", "Plant Manager", "Assistant"]),
    Department: random.pick(["Purchasing", "Management", "IT", "Finance", "Production"]),
    Email: `${mailbox}@customer-${String(row.AccountNumber).slice(3)}.example`,
    Phone: fillNumber(random, country.phone),
    LeadSource: pickValue(random, contact, "LeadSource"),
    MailingCity: row.BillingCity ?? null,
    MailingCountry: row.BillingCountry ?? null,
    // Three contacts share each key of the old system, so that an external id can match several records.
    Legacy_Key__c: at < 300 ? `OLD-${Math.floor(at / 3) + 1}` : null,
    Birthdate: random.chance(30) ? dateAgo(context, random.between(8_000, 22_000)) : null,
  };
  return insertAged(context, contact, values, random.between(5, 1_200));
}

/** Puts digits into a number's pattern. */
export function fillNumber(random: PseudoRandom, pattern: string): string {
  return pattern.replace(/#/g, () => String(random.between(0, 9)));
}
