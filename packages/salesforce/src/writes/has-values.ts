import type { RecordInput, SalesforceRecord } from "../records.js";

/** Whether a record has every value that is to be written. What cannot be compared, such as a reference by an external id, differs. */
export function hasValues(there: SalesforceRecord, wanted: RecordInput): boolean {
  const byName = new Map(Object.entries(there).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.entries(wanted).every(([name, value]) => isSame(byName.get(name.toLowerCase()), value));
}

function isSame(there: unknown, wanted: unknown): boolean {
  // Salesforce keeps no empty text.
  if (wanted === null || wanted === "") return there === null || there === undefined;
  if (there === wanted) return true;
  if (typeof there === "number" || typeof wanted === "number") return String(there) === String(wanted);
  if (typeof there !== "string" || typeof wanted !== "string") return false;
  return isTime(there) && isTime(wanted) && timeOf(there) === timeOf(wanted);
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) && !Number.isNaN(timeOf(text));
}

function timeOf(text: string): number {
  return Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
}
