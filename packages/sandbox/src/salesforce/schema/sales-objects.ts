import type { ObjectDefinition, Row } from "./definitions.js";
import {
  address,
  checkbox,
  computed,
  decimal,
  field,
  picklist,
  reference,
  systemFields,
  text,
} from "./field-builders.js";

const required = { nillable: false };

const leadSources = ["Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"];

const industries = [
  "Agriculture",
  "Banking",
  "Biotechnology",
  "Construction",
  "Consulting",
  "Education",
  "Energy",
  "Engineering",
  "Food & Beverage",
  "Healthcare",
  "Manufacturing",
  "Retail",
  "Shipping",
  "Technology",
  "Transportation",
  "Other",
];

/** Opportunity stages with the probability that each brings. */
export const stages: Readonly<Record<string, number>> = {
  Prospecting: 10,
  Qualification: 10,
  "Needs Analysis": 20,
  "Value Proposition": 50,
  "Id. Decision Makers": 60,
  "Perception Analysis": 70,
  "Proposal/Price Quote": 75,
  "Negotiation/Review": 90,
  "Closed Won": 100,
  "Closed Lost": 0,
};

/** Companies. */
export const account: ObjectDefinition = {
  name: "Account",
  label: "Account",
  labelPlural: "Accounts",
  keyPrefix: "001",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(true),
    text("Name", 255, { ...required, nameField: true, label: "Account Name" }),
    picklist("Type", ["Prospect", "Customer - Direct", "Customer - Channel", "Channel Partner / Reseller", "Other"]),
    reference("ParentId", ["Account"], { childRelationshipName: "ChildAccounts" }),
    ...address("Billing"),
    ...address("Shipping"),
    field("Phone", "phone", { length: 40 }),
    field("Website", "url", { length: 255 }),
    text("AccountNumber", 40),
    picklist("Industry", industries),
    decimal("AnnualRevenue", "currency", 18, 0),
    field("NumberOfEmployees", "int", { precision: 8 }),
    field("Description", "textarea", { length: 32_000 }),
    picklist("Rating", ["Hot", "Warm", "Cold"]),
    text("External_Id__c", 80, { externalId: true, unique: true, label: "External Id" }),
    field("Regions__c", "multipicklist", { length: 4_099, picklistValues: ["EMEA", "APAC", "AMER"] }),
    checkbox("Active__c", true),
  ],
};

/** People at companies. */
export const contact: ObjectDefinition = {
  name: "Contact",
  label: "Contact",
  labelPlural: "Contacts",
  keyPrefix: "003",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(true),
    reference("AccountId", ["Account"], { childRelationshipName: "Contacts", cascadeDelete: true }),
    text("LastName", 80, required),
    text("FirstName", 40),
    picklist("Salutation", ["Mr.", "Ms.", "Mx.", "Dr.", "Prof."]),
    computed("Name", "string", fullName, { ...required, length: 121, nameField: true, label: "Full Name" }),
    ...address("Mailing"),
    field("Phone", "phone", { length: 40 }),
    field("MobilePhone", "phone", { length: 40 }),
    reference("ReportsToId", ["Contact"], { childRelationshipName: "ReportsToContacts" }),
    field("Email", "email", { length: 80 }),
    text("Title", 128),
    text("Department", 80),
    picklist("LeadSource", leadSources),
    field("Birthdate", "date"),
    field("Description", "textarea", { length: 32_000 }),
    checkbox("HasOptedOutOfEmail"),
    // Not unique on purpose: an external id may match several records, and a caller has to cope (300).
    text("Legacy_Key__c", 40, { externalId: true, label: "Legacy Key" }),
  ],
};

/** Deals. */
export const opportunity: ObjectDefinition = {
  name: "Opportunity",
  label: "Opportunity",
  labelPlural: "Opportunities",
  keyPrefix: "006",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(true),
    reference("AccountId", ["Account"], { childRelationshipName: "Opportunities", cascadeDelete: true }),
    text("Name", 120, { ...required, nameField: true, label: "Opportunity Name" }),
    field("Description", "textarea", { length: 32_000 }),
    picklist("StageName", Object.keys(stages), { ...required, label: "Stage" }),
    decimal("Amount", "currency"),
    decimal("Probability", "percent", 3, 0),
    computed("ExpectedRevenue", "currency", expectedRevenue, { precision: 18, scale: 2 }),
    field("CloseDate", "date", required),
    picklist("Type", ["Existing Customer - Upgrade", "Existing Customer - Replacement", "New Customer"]),
    text("NextStep", 255),
    picklist("LeadSource", leadSources),
    computed("IsClosed", "boolean", (row) => isStage(row, "Closed Won", "Closed Lost"), {
      ...required,
      label: "Closed",
    }),
    computed("IsWon", "boolean", (row) => isStage(row, "Closed Won"), { ...required, label: "Won" }),
  ],
};

/** People who may become customers. */
export const lead: ObjectDefinition = {
  name: "Lead",
  label: "Lead",
  labelPlural: "Leads",
  keyPrefix: "00Q",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(true),
    text("LastName", 80, required),
    text("FirstName", 40),
    computed("Name", "string", fullName, { ...required, length: 121, nameField: true, label: "Full Name" }),
    text("Title", 128),
    text("Company", 255, required),
    text("City", 40),
    text("Country", 80),
    field("Phone", "phone", { length: 40 }),
    field("Email", "email", { length: 80 }),
    picklist("LeadSource", leadSources),
    picklist(
      "Status",
      ["Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted"],
      {
        ...required,
        defaultValue: "Open - Not Contacted",
      },
    ),
    picklist("Industry", industries),
    decimal("AnnualRevenue", "currency", 18, 0),
    field("NumberOfEmployees", "int", { precision: 8 }),
  ],
};

/** A person's whole name from its parts. */
export function fullName(row: Row): string | null {
  const parts = [row.FirstName, row.LastName].filter((part) => typeof part === "string");
  return parts.length === 0 ? null : parts.join(" ");
}

function expectedRevenue(row: Row): number | null {
  if (typeof row.Amount !== "number" || typeof row.Probability !== "number") return null;
  return Math.round(row.Amount * row.Probability) / 100;
}

function isStage(row: Row, ...names: string[]): boolean {
  return typeof row.StageName === "string" && names.includes(row.StageName);
}
