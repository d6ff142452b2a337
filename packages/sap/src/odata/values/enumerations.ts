import type { ODataEnumeration } from "../model.js";
import type { EdmType } from "./edm-type.js";
import { refuse } from "./unfit-value.js";

/**
 * An enumeration of v4: names of members, several separated by commas where it has flags. A literal is `Namespace.Color'Red'`.
 * @see https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_PrimitiveValue
 */
export function enumerationType(qualifiedName: string, { members, isFlags }: ODataEnumeration): EdmType {
  const check = (value: unknown): string => {
    const names = typeof value === "string" ? value.split(",").map((name) => name.trim()) : [];
    const isOne = names.length === 1 || (isFlags && names.length > 0);
    if (!isOne || !names.every((name) => members.has(name))) {
      const some = [...members.keys()].slice(0, 20).join(", ");
      return refuse(`must be ${isFlags ? "one or more" : "one"} of ${some}${members.size > 20 ? ", …" : ""}`);
    }
    return names.join(",");
  };
  return {
    check,
    // A service may know members that its metadata did not have when it was read; some write the number.
    fromWire: (wire) => {
      const text = typeof wire === "number" ? String(wire) : wire;
      if (typeof text !== "string") return refuse("must be a member of an enumeration");
      if (members.has(text)) return text;
      return [...members].find(([, number]) => number === text)?.[0] ?? text;
    },
    toWire: (value) => value,
    toLiteral: (value) => `${qualifiedName}'${value}'`,
  };
}
