import type { ObjectDefinition, Row } from "./definitions.js";
import { checkbox, computed, decimal, field, picklist, reference, systemFields, text } from "./field-builders.js";
import { fullName } from "./sales-objects.js";

const required = { nillable: false };

/** Questions and complaints. */
export const caseObject: ObjectDefinition = {
  name: "Case",
  label: "Case",
  labelPlural: "Cases",
  keyPrefix: "500",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(true),
    text("CaseNumber", 30, {
      createable: false,
      updateable: false,
      nillable: false,
      nameField: true,
      autoNumber: "{00000000}",
    }),
    reference("ContactId", ["Contact"], { childRelationshipName: "Cases" }),
    reference("AccountId", ["Account"], { childRelationshipName: "Cases" }),
    picklist("Type", ["Mechanical", "Electrical", "Electronic", "Structural", "Other"]),
    picklist("Status", ["New", "Working", "Escalated", "Closed"], { defaultValue: "New" }),
    picklist("Origin", ["Phone", "Email", "Web"]),
    text("Subject", 255),
    picklist("Priority", ["High", "Medium", "Low"], { defaultValue: "Medium" }),
    field("Description", "textarea", { length: 32_000 }),
    computed("IsClosed", "boolean", (row) => row.Status === "Closed", { ...required, label: "Closed" }),
    field("ClosedDate", "datetime", { createable: false, updateable: false }),
  ],
};

/** Things to do; they may belong to a person (`WhoId`) and to anything else (`WhatId`). */
export const task: ObjectDefinition = {
  name: "Task",
  label: "Task",
  labelPlural: "Tasks",
  keyPrefix: "00T",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(true),
    reference("WhoId", ["Contact", "Lead"], { childRelationshipName: "Tasks", label: "Name ID" }),
    reference("WhatId", ["Account", "Opportunity", "Case", "Invoice__c"], {
      childRelationshipName: "Tasks",
      label: "Related To ID",
    }),
    text("Subject", 255),
    field("ActivityDate", "date", { label: "Due Date Only" }),
    picklist("Status", ["Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"], {
      ...required,
      defaultValue: "Not Started",
    }),
    picklist("Priority", ["High", "Normal", "Low"], { ...required, defaultValue: "Normal" }),
    field("Description", "textarea", { length: 32_000 }),
    computed("IsClosed", "boolean", (row) => row.Status === "Completed", { ...required, label: "Closed" }),
  ],
};

/** The people who work in this organisation; also those who sign in at the authorize page. */
export const user: ObjectDefinition = {
  name: "User",
  label: "User",
  labelPlural: "Users",
  keyPrefix: "005",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(false),
    text("Username", 80, { ...required, unique: true }),
    text("LastName", 80, required),
    text("FirstName", 40),
    computed("Name", "string", fullName, { ...required, length: 121, nameField: true, label: "Full Name" }),
    field("Email", "email", { ...required, length: 128 }),
    text("Alias", 8, required),
    text("Title", 80),
    checkbox("IsActive", true, { label: "Active" }),
    picklist("UserType", ["Standard"], { createable: false, updateable: false, defaultValue: "Standard" }),
    picklist("TimeZoneSidKey", ["GMT", "Europe/Berlin", "America/New_York"], {
      ...required,
      defaultValue: "GMT",
      label: "Time Zone",
    }),
    picklist("LocaleSidKey", ["en_GB", "en_US", "de_DE"], { ...required, defaultValue: "en_GB", label: "Locale" }),
    picklist("LanguageLocaleKey", ["en_US", "de"], { ...required, defaultValue: "en_US", label: "Language" }),
  ],
};

/** A custom object, as a company would add for its accounting: several thousand records, so that paging is real. */
export const invoice: ObjectDefinition = {
  name: "Invoice__c",
  label: "Invoice",
  labelPlural: "Invoices",
  keyPrefix: "a00",
  custom: true,
  writable: true,
  fields: [
    ...systemFields(true),
    text("Name", 80, {
      createable: false,
      updateable: false,
      nillable: false,
      nameField: true,
      autoNumber: "INV-{00000}",
      label: "Invoice Number",
    }),
    reference("Account__c", ["Account"], { childRelationshipName: "Invoices__r" }),
    text("ERP_Number__c", 40, { externalId: true, unique: true, label: "ERP Number" }),
    decimal("Amount__c", "currency"),
    decimal("Tax_Rate__c", "percent", 5, 2),
    computed("Amount_With_Tax__c", "currency", amountWithTax, { precision: 18, scale: 2 }),
    field("Invoice_Date__c", "date"),
    field("Paid_At__c", "datetime"),
    picklist("Status__c", ["Draft", "Sent", "Paid", "Overdue", "Cancelled"], {
      restrictedPicklist: true,
      defaultValue: "Draft",
    }),
    field("Memo__c", "textarea", { length: 255 }),
  ],
};

function amountWithTax(row: Row): number | null {
  if (typeof row.Amount__c !== "number") return null;
  const rate = typeof row.Tax_Rate__c === "number" ? row.Tax_Rate__c : 0;
  return Math.round(row.Amount__c * (100 + rate)) / 100;
}
