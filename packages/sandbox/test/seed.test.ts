import { describe, expect, it } from "vitest";
import { RecordStore } from "../src/salesforce/data/record-store.js";
import { listObjects } from "../src/salesforce/schema/schema.js";
import { seedRecords } from "../src/salesforce/seed/seed-records.js";
import { runQuery } from "../src/salesforce/soql/run-query.js";

const now = Date.parse("2026-11-23T09:00:00Z");

function seeded(): RecordStore {
  const store = new RecordStore(() => now);
  seedRecords(store, () => now, true);
  return store;
}

describe("the seed data", () => {
  const store = seeded();
  const run = (soql: string) => runQuery({ store, soql, now, includeDeleted: true, version: 60 });

  it("is the same every time", () => {
    expect(seeded().snapshot()).toEqual(store.snapshot());
  });

  it("is a company's worth", () => {
    const counts = listObjects().map(({ name }) => [name, run(`SELECT COUNT() FROM ${name}`).totalSize]);
    expect(Object.fromEntries(counts)).toEqual({
      Account: 320,
      Attachment: 0,
      Case: 260,
      Contact: 960,
      ContentDocument: 0,
      ContentDocumentLink: 0,
      ContentVersion: 0,
      Document: 0,
      Folder: 0,
      Invoice__c: 2640,
      Lead: 180,
      Measurement__c: 0,
      Opportunity: 540,
      Organization: 1,
      Task: 420,
      User: 7,
    });
  });

  it("keeps the rules that a caller's records must keep", () => {
    for (const object of listObjects()) {
      for (const row of store.all(object)) {
        for (const field of object.fields) {
          const value = row[field.name] ?? null;
          if (field.compute !== null) continue;
          if (!field.nillable) expect([field.name, value]).not.toEqual([field.name, null]);
          if (typeof value === "string" && field.length > 0) expect(value.length).toBeLessThanOrEqual(field.length);
          if (field.restrictedPicklist && value !== null) expect(field.picklistValues).toContain(value);
        }
      }
    }
  });

  it("has plausible, distinct names, in several scripts", () => {
    const names = run("SELECT Name FROM Account").records.map(({ Name }) => String(Name));
    expect(new Set(names).size).toBeGreaterThan(200);
    expect(names).toContain("Bałtyk Transport Sp. z o.o.");
    expect(names.some((name) => /[一-龠]/.test(name))).toBe(true);
  });

  it("always has something recent, and nothing from the future", () => {
    expect(run("SELECT COUNT() FROM Invoice__c WHERE CreatedDate = LAST_N_DAYS:30").totalSize).toBeGreaterThan(20);
    expect(run("SELECT COUNT() FROM Invoice__c WHERE CreatedDate >= TODAY").totalSize).toBe(0);
    expect(run("SELECT COUNT() FROM Contact WHERE Legacy_Key__c = 'OLD-7'").totalSize).toBe(3);
  });
});
