import { soql, soqlIdentifier } from "../soql.js";
import type { RowRange } from "./change-feed.js";
import type { FollowedObject } from "./followed-object.js";

/** Bytes of a query in an address. Salesforce takes about 16,000 of the address and the headers together. */
const longestQueryBytes = 12_000;
/** Records of a query with `FIELDS(ALL)`. */
export const fieldsAllLimit = 200;

/** The text of a query for changes. */
export interface ChangeQuery {
  readonly soql: string;
  /** At most so many records come; where they do, more may follow. Missing: all of them come, in pages. */
  readonly limit?: number;
}

/**
 * Asks for the records of a range, in the order of their stamps and, where those are the same, of their ids.
 *
 * An object with so many fields that their names do not fit into an address is asked for `FIELDS(ALL)`, of which Salesforce
 * gives 200 records a query.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_fields.htm
 */
export function buildChangeQuery(followed: FollowedObject, range: RowRange): ChangeQuery {
  const rest = conditions(followed, range);
  const named = `${soql`SELECT ${soqlIdentifier(...followed.fields)}`} ${rest}`;
  if (encodeURIComponent(named).length <= longestQueryBytes) return { soql: named };
  return { soql: `SELECT FIELDS(ALL) ${rest} LIMIT ${fieldsAllLimit}`, limit: fieldsAllLimit };
}

/** Asks what some records are now, the deleted ones too. */
export function buildStateQuery({ name, stampField, marksDeleted }: FollowedObject, ids: readonly string[]): string {
  const fields = marksDeleted ? ["Id", stampField, "IsDeleted"] : ["Id", stampField];
  return soql`SELECT ${soqlIdentifier(...fields)} FROM ${soqlIdentifier(name)} WHERE Id IN ${ids}`;
}

/** Asks for whole records by their ids, the deleted ones too. */
export function buildRecordsQuery(followed: FollowedObject, ids: readonly string[]): string {
  const named = soql`SELECT ${soqlIdentifier(...followed.fields)} FROM ${soqlIdentifier(followed.name)} WHERE Id IN ${ids}`;
  if (encodeURIComponent(named).length <= longestQueryBytes) return named;
  return soql`SELECT FIELDS(ALL) FROM ${soqlIdentifier(followed.name)} WHERE Id IN ${ids} LIMIT 200`;
}

function conditions({ name, stampField, marksDeleted }: FollowedObject, { fromMs, untilMs, after }: RowRange): string {
  const stamp = soqlIdentifier(stampField);
  const parts = [soql`FROM ${soqlIdentifier(name)} WHERE ${stamp} < ${new Date(untilMs)}`];
  // Also where the second half says it: by this bound alone Salesforce can use its index.
  const lowest = Math.max(fromMs ?? Number.NEGATIVE_INFINITY, after?.stampMs ?? Number.NEGATIVE_INFINITY);
  if (Number.isFinite(lowest)) parts.push(soql`AND ${stamp} >= ${new Date(lowest)}`);
  if (after) parts.push(soql`AND (${stamp} > ${new Date(after.stampMs)} OR Id > ${after.id})`);
  if (fromMs === undefined && marksDeleted) parts.push("AND IsDeleted = false");
  return `${parts.join(" ")} ${soql`ORDER BY ${stamp}, Id`}`;
}
