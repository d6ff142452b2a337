import { toSalesforceDateTime } from "../data/time.js";
import type { Row } from "../schema/definitions.js";
import { caseObject, task } from "../schema/service-objects.js";
import { dateAgo, insertAged, pickValue, type SeedContext, type SeededAccount } from "./seed-companies.js";

const caseCount = 260;
const taskCount = 420;

/** Makes support cases and tasks. */
export function seedService(
  context: SeedContext,
  accounts: SeededAccount[],
  contacts: Row[],
  opportunities: Row[],
): void {
  for (let at = 0; at < caseCount; at += 1) seedCase(context, contacts);
  for (let at = 0; at < taskCount; at += 1) seedTask(context, accounts, contacts, opportunities);
}

function seedCase(context: SeedContext, contacts: Row[]): void {
  const { random, today } = context;
  const contact = random.pick(contacts);
  const daysAgo = random.between(0, 400);
  const Status = daysAgo > 60 ? "Closed" : pickValue(random, caseObject, "Status");
  const values: Row = {
    ContactId: contact.Id ?? null,
    AccountId: contact.AccountId ?? null,
    Subject: random.pick([
      "Delivery incomplete",
      "Invoice shows wrong address",
      "Motor runs hot",
      "Login does not work",
      "Größe falsch geliefert",
    ]),
    Status,
    Priority: pickValue(random, caseObject, "Priority"),
    Origin: pickValue(random, caseObject, "Origin"),
    Type: pickValue(random, caseObject, "Type"),
    ClosedDate: Status === "Closed" ? toSalesforceDateTime(today - Math.floor(daysAgo / 2) * 86_400_000) : null,
  };
  insertAged(context, caseObject, values, daysAgo);
}

function seedTask(context: SeedContext, accounts: SeededAccount[], contacts: Row[], opportunities: Row[]): void {
  const { random } = context;
  const what = random.chance(50) ? random.pick(accounts).row : random.pick(opportunities);
  const values: Row = {
    WhoId: random.chance(60) ? (random.pick(contacts).Id ?? null) : null,
    WhatId: what.Id ?? null,
    Subject: random.pick(["Call", "Send quote", "Send letter", "Prepare visit", "Follow up"]),
    ActivityDate: dateAgo(context, random.between(-30, 90)),
    Status: pickValue(random, task, "Status"),
    Priority: pickValue(random, task, "Priority"),
  };
  insertAged(context, task, values, random.between(0, 120));
}
