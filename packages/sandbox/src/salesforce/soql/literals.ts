import type { LiteralType } from "@jetstreamapp/soql-parser-js";
import { parseDate, parseDateTime } from "../data/time.js";
import { malformedQuery } from "../errors.js";
import { resolveDateLiteral, type TimeRange } from "./date-literals.js";

/** A value in a condition, in the shape in which it is compared. */
export type Literal =
  | { kind: "null" }
  | { kind: "string"; value: string }
  | { kind: "number"; value: number }
  | { kind: "boolean"; value: boolean }
  | { kind: "date" | "datetime"; value: number }
  | { kind: "range"; value: TimeRange };

/** @throws {SalesforceError} MALFORMED_QUERY when the text is not what its type says. */
export function readLiteral(text: string, type: LiteralType | undefined, now: number): Literal {
  switch (type) {
    case "NULL":
      return { kind: "null" };
    case "STRING":
      return { kind: "string", value: unescapeString(text) };
    case "BOOLEAN":
      return { kind: "boolean", value: text.toUpperCase() === "TRUE" };
    case "INTEGER":
    case "DECIMAL":
      return { kind: "number", value: Number(text) };
    case "INTEGER_WITH_CURRENCY_PREFIX":
    case "DECIMAL_WITH_CURRENCY_PREFIX":
      return { kind: "number", value: Number(text.slice(3)) };
    case "DATE":
    case "DATETIME":
      return readTime(text);
    case "DATE_LITERAL":
    case "DATE_N_LITERAL": {
      const value = resolveDateLiteral(text, now);
      if (value === undefined) throw malformedQuery(`unexpected token: '${text}'`);
      return { kind: "range", value };
    }
    default:
      throw malformedQuery(`unexpected token: '${text}'`);
  }
}

function readTime(text: string): Literal {
  const kind = text.includes("T") ? "datetime" : "date";
  // A plus sign that a client did not encode arrives as a space in a URL; Salesforce refuses it too.
  const value = kind === "datetime" ? parseDateTime(text) : parseDate(text);
  if (value === undefined) throw malformedQuery(`line 1:0 no viable alternative at input '${text}'`);
  return { kind, value };
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };

/** The text of a quoted SOQL string. In it, a LIKE pattern's `\%` and `\_` keep their backslash. */
function unescapeString(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\u([0-9a-fA-F]{4})|\\(.)/gs, (_whole, code: string | undefined, character: string | undefined) => {
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      if (character === "%" || character === "_") return `\\${character}`;
      return escapes[character ?? ""] ?? character ?? "";
    });
}
