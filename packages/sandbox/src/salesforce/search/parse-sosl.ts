import { malformedSearch } from "./search-error.js";

/** Which fields are searched. */
export const searchScopes = ["ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR"] as const;

/** Which fields are searched: one of `searchScopes`. */
export type SearchScope = (typeof searchScopes)[number];

/** What shall come back of one object. */
export interface SearchTarget {
  object: string;
  /** As in SOQL, such as `Id, Owner.Name`. */
  fields: string;
  /** The rest of a SOQL query: WHERE, ORDER BY, LIMIT, OFFSET. */
  clauses: string;
}

/** A search in parts. */
export interface Search {
  terms: string;
  scope: SearchScope;
  /** Empty: the ids of all objects' records. */
  targets: SearchTarget[];
  /** Records at most, of all objects together. */
  limit: number;
}

/** Records that a search gives at most. */
export const maximumResults = 2_000;

/**
 * Reads a SOSL statement. `WITH …`, `UPDATE …` and `USING …` are read and ignored.
 *
 * @throws {SalesforceError} MALFORMED_SEARCH
 * @see https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl_syntax.htm
 */
export function parseSosl(sosl: string): Search {
  const find = /^\s*FIND\s*\{((?:[^}\\]|\\.)*)\}/is.exec(sosl);
  if (find === null) throw malformedSearch("No search term found. The search term must be enclosed in braces.");
  let rest = sosl.slice(find[0].length);
  const scope = /^\s+IN\s+(\w+)\s+FIELDS\b/i.exec(rest);
  if (scope !== null) rest = rest.slice(scope[0].length);
  const returning = /^\s+RETURNING\s+/i.exec(rest);
  const targets: SearchTarget[] = [];
  if (returning !== null) {
    rest = rest.slice(returning[0].length);
    for (;;) {
      const { target, after } = readTarget(rest);
      targets.push(target);
      rest = after.replace(/^\s*,\s*/, "");
      if (rest === after) break;
    }
  }
  const tail =
    /^(?:\s+WITH\s+(?:(?!\bLIMIT\b|\bUPDATE\b).)+)?(?:\s*\bLIMIT\s+(\d+))?(?:\s*\bUPDATE\s+[\w,\s]+)?\s*$/is.exec(rest);
  if (tail === null) throw malformedSearch(`unexpected token: '${rest.trim().split(/\s/)[0]}'`);
  const limit = Math.min(maximumResults, Number(tail[1] ?? maximumResults));
  return { terms: find[1] ?? "", scope: readScope(scope?.[1] ?? "ALL"), targets, limit };
}

/** @throws {SalesforceError} MALFORMED_SEARCH for a scope that is none. */
export function readScope(name: string): SearchScope {
  const scope = searchScopes.find((known) => known === name.toUpperCase());
  if (scope === undefined) throw malformedSearch(`unexpected token: '${name}'`);
  return scope;
}

function readTarget(text: string): { target: SearchTarget; after: string } {
  const name = /^\s*(\w+)\s*/.exec(text);
  if (name === null) throw malformedSearch("RETURNING must name objects");
  const rest = text.slice(name[0].length);
  const object = name[1] ?? "";
  if (!rest.startsWith("("))
    return { target: { object, fields: "Id", clauses: "" }, after: text.slice(name[0].trimEnd().length) };
  const end = findClosing(rest);
  const inner = rest.slice(1, end);
  const parts = /^(.*?)(?:\s+USING\s+\S+(?:\s*=\s*\S+)?)?(\s+(?:WHERE|ORDER\s+BY|LIMIT|OFFSET)\b.*)?$/is.exec(inner);
  const fields = parts?.[1]?.trim() ?? "";
  if (fields === "") throw malformedSearch(`RETURNING ${object} names no field`);
  return { target: { object, fields, clauses: parts?.[2] ?? "" }, after: rest.slice(end + 1) };
}

/** Where the parenthesis that opens a text is closed; those in quotes do not count. */
function findClosing(text: string): number {
  let depth = 0;
  for (const match of text.matchAll(/'(?:[^'\\]|\\.)*'|[()]/gs)) {
    if (match[0] === "(") depth += 1;
    if (match[0] === ")") depth -= 1;
    if (depth === 0) return match.index;
  }
  throw malformedSearch("line 1: expecting a right parentheses, found 'EOF'");
}
