import type { Clock } from "../../shared/clock.js";
import { createPseudoRandom } from "../../shared/pseudo-random.js";
import { type RecordSnapshot, RecordStore } from "../data/record-store.js";
import { organizationId } from "../ids.js";
import type { Row } from "../schema/definitions.js";
import { organization } from "../schema/organization.js";
import { user } from "../schema/service-objects.js";
import { seedCompanies, toAscii } from "./seed-companies.js";
import { seedSales } from "./seed-sales.js";
import { seedService } from "./seed-service.js";

/** The administrator: the first user, whom `skipConsent` signs in. */
export const administratorUsername = "ada.lindqvist@fjordline.example";

const fjordline = {
  Name: "Fjordline Shipping",
  IsSandbox: true,
  InstanceName: "CS42",
  OrganizationType: "Enterprise Edition",
};

const people: [string, string, string, boolean][] = [
  ["Ada", "Lindqvist", "Head of Sales Operations", true],
  ["Tomasz", "Żurek", "Account Executive", true],
  ["Mei", "Tanaka", "Account Executive", true],
  ["Noah", "Okafor", "Account Executive", true],
  ["Chloë", "Martin", "Customer Support Lead", true],
  ["Rasmus", "Bjørnstad", "Finance", true],
  ["Ivana", "Kovač", "Former Account Executive", false],
];

const dayMs = 86_400_000;

/** The records of the latest day that was asked for: whoever starts many sandboxes makes them once. */
let latest: { readonly today: number; readonly records: RecordSnapshot } | undefined;

/**
 * Fills an empty store with a company's data. The same records with the same ids every time; dates count back from
 * the clock's present day, so that "this month" is never empty.
 *
 * @param everything - False makes the organisation and the users only.
 */
export function seedRecords(store: RecordStore, clock: Clock, everything: boolean): void {
  const today = Math.floor(clock() / dayMs) * dayMs;
  if (!everything) {
    seedOrganization(store);
    return;
  }
  if (latest?.today !== today) latest = { today, records: makeRecords(today) };
  store.restore(latest.records);
}

function makeRecords(today: number): RecordSnapshot {
  const store = new RecordStore(() => today);
  const users = seedOrganization(store);
  const owners = users.filter((row) => row.IsActive === true).map((row) => String(row.Id));
  const context = { store, random: createPseudoRandom(20_260_101), today, owners };
  const { accounts, contacts } = seedCompanies(context);
  const opportunities = seedSales(context, accounts);
  seedService(context, accounts, contacts, opportunities);
  return store.snapshot();
}

function seedOrganization(store: RecordStore): Row[] {
  const users = seedUsers(store);
  store.insert(organization, { Id: organizationId, ...fjordline }, String(users[0]?.Id ?? ""));
  return users;
}

function seedUsers(store: RecordStore): Row[] {
  const rows: Row[] = [];
  for (const [FirstName, LastName, Title, IsActive] of people) {
    const Username = `${toAscii(FirstName)}.${toAscii(LastName)}@fjordline.example`;
    const Alias = (toAscii(FirstName).charAt(0) + toAscii(LastName)).slice(0, 8);
    const row = store.insert(user, { Username, Email: Username, Alias, FirstName, LastName, Title, IsActive }, "");
    rows.push(row);
    // The first one made the others, and herself.
    Object.assign(row, { CreatedById: rows[0]?.Id ?? null, LastModifiedById: rows[0]?.Id ?? null });
  }
  return rows;
}
