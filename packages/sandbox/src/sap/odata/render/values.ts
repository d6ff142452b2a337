import type { PropertyModel } from "../model/service-model.js";
import type { EdmValue, Row } from "../rows.js";

/** A property's value as v2's JSON has it: `/Date(…)/`, `PT08H30M00S`, decimals and Int64 in quotes. */
export function renderValueV2(property: PropertyModel, value: EdmValue | undefined): EdmValue {
  if (value === null || value === undefined) return null;
  switch (property.type) {
    case "Edm.Date":
      return `/Date(${Date.parse(`${value}T00:00:00Z`)})/`;
    case "Edm.DateTimeOffset":
      return `/Date(${Date.parse(String(value))}+0000)/`;
    case "Edm.TimeOfDay": {
      const [hours, minutes, seconds] = String(value).split(":");
      return `PT${hours}H${minutes}M${seconds}S`;
    }
    default:
      return value;
  }
}

// Characters that no text of ours has: JSON cannot hold a number with its digits as written, so it is made a text
// between two of these first, and freed of its quotes afterwards.
const [before, after] = ["\uE000", "\uE001"];

/** A property's value as v4's JSON has it: decimals and Int64 are numbers, but for a caller who accepts `IEEE754Compatible=true`. */
export function renderValueV4(property: PropertyModel, value: EdmValue | undefined, ieee754: boolean): EdmValue {
  if (value === null || value === undefined) return null;
  const isBig = property.type === "Edm.Decimal" || property.type === "Edm.Int64";
  return isBig && !ieee754 ? `${before}${value}${after}` : value;
}

/** JSON of what `renderValueV4` gave, with every digit of a number as it was. */
export function stringifyExactly(body: unknown): string {
  return JSON.stringify(body).replaceAll(new RegExp(`"${before}(-?[0-9.]+)${after}"`, "g"), "$1");
}

/** Key predicate of an entity: `'1'`, or `A='1',B='2'`, ready for a URL. */
export function renderKeys(keys: readonly string[], row: Row): string {
  const quote = (name: string): string =>
    `'${encodeURIComponent(String(row[name] ?? "").replaceAll("'", "''")).replaceAll("'", "%27")}'`;
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) return quote(only);
  return keys.map((name) => `${name}=${quote(name)}`).join(",");
}
