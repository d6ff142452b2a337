import { toSalesforceDateTime } from "../data/time.js";
import type { Row } from "../schema/definitions.js";
import { lead, opportunity, stages } from "../schema/sales-objects.js";
import { invoice } from "../schema/service-objects.js";
import { countries } from "./countries.js";
import {
  dateAgo,
  fillNumber,
  insertAged,
  pickValue,
  type SeedContext,
  type SeededAccount,
  toAscii,
} from "./seed-companies.js";

const opportunityCount = 540;
const leadCount = 180;
/** More than one query page of 2 000. */
const invoiceCount = 2_640;

/** Makes deals, leads and invoices. @returns the deals. */
export function seedSales(context: SeedContext, accounts: SeededAccount[]): Row[] {
  const opportunities = Array.from({ length: opportunityCount }, () => seedOpportunity(context, accounts));
  for (let at = 0; at < leadCount; at += 1) seedLead(context, at);
  for (let at = 0; at < invoiceCount; at += 1) seedInvoice(context, accounts, at);
  return opportunities;
}

function seedOpportunity(context: SeedContext, accounts: SeededAccount[]): Row {
  const { random } = context;
  const { row } = random.pick(accounts);
  const StageName = random.pick([...Object.keys(stages), "Closed Won", "Closed Won", "Closed Lost"]);
  const closed = StageName.startsWith("Closed");
  const values: Row = {
    AccountId: row.Id ?? null,
    Name: `${String(row.Name)} – ${random.pick(["Renewal", "Expansion", "Pilot", "Framework agreement", "Spare parts"])}`.slice(
      0,
      120,
    ),
    StageName,
    Probability: stages[StageName] ?? null,
    Amount: random.chance(95) ? random.between(800, 250_000) + random.between(0, 99) / 100 : null,
    CloseDate: dateAgo(context, closed ? random.between(0, 720) : random.between(-270, 20)),
    Type: pickValue(random, opportunity, "Type"),
    LeadSource: pickValue(random, opportunity, "LeadSource"),
    NextStep: closed ? null : random.pick(["Send quote", "Call back", "Visit on site", null]),
  };
  return insertAged(context, opportunity, values, random.between(0, 730));
}

function seedLead(context: SeedContext, at: number): void {
  const { random } = context;
  const country = random.pick(countries);
  const [FirstName, LastName] = [random.pick(country.firstNames), random.pick(country.lastNames)];
  const values: Row = {
    FirstName,
    LastName,
    Company: `${random.pick(country.stems)} ${random.pick(country.kinds)}`,
    Title: random.pick(["Owner", "Buyer", "Engineer", "Analyst"]),
    City: random.pick(country.cities).city,
    Country: country.name,
    Email: `${toAscii(LastName) || "lead"}.${at + 1}@prospect.example`,
    Phone: fillNumber(random, country.phone),
    LeadSource: pickValue(random, lead, "LeadSource"),
    Status: pickValue(random, lead, "Status"),
    Industry: pickValue(random, lead, "Industry"),
  };
  insertAged(context, lead, values, random.between(0, 365));
}

function seedInvoice(context: SeedContext, accounts: SeededAccount[], at: number): void {
  const { random, today } = context;
  const { row } = random.pick(accounts);
  const daysAgo = random.between(0, 1_080);
  const Status__c =
    daysAgo > 90 ? random.pick(["Paid", "Paid", "Paid", "Paid", "Cancelled"]) : pickValue(random, invoice, "Status__c");
  const paidDaysAgo = Math.max(0, daysAgo - random.between(3, 45));
  const values: Row = {
    Account__c: row.Id ?? null,
    ERP_Number__c: `R-${String(at + 1).padStart(6, "0")}`,
    Amount__c: random.between(20, 48_000) + random.between(0, 99) / 100,
    Tax_Rate__c: random.pick([0, 7, 8.1, 19, 20]),
    Invoice_Date__c: dateAgo(context, daysAgo),
    Status__c,
    Paid_At__c:
      Status__c === "Paid"
        ? toSalesforceDateTime(today - paidDaysAgo * 86_400_000 - random.between(0, 40_000) * 1000)
        : null,
    Memo__c: random.chance(8) ? random.pick(["Partial delivery", "Skonto 2 %, 10 Tage", "代金引換", "Net 60"]) : null,
  };
  insertAged(context, invoice, values, daysAgo);
}
