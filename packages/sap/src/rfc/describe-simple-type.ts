import { ConnectorError } from "@isthmus/core";
import type { RfcType } from "./rfc-types.js";
import type { ElementDescriptor, SimpleType, Wsdl } from "./strong-soap.js";

/** What a chain of restrictions says in all. */
interface Facets {
  base: string;
  maxLength?: number;
  digits?: number;
  scale?: number;
  pattern?: string;
}

/**
 * The type of an element that has text alone, by what the schema allows there.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is made of a type that is nowhere.
 */
export function describeSimple(wsdl: Wsdl, module: string, { type }: ElementDescriptor): RfcType {
  const declared = type?.anonymous ?? wsdl.definitions.schemas[type?.nsURI ?? ""]?.simpleTypes[type?.name ?? ""];
  return toRfcType(declared ? readFacets(declared, module) : { base: type?.name ?? "string" });
}

function readFacets(type: SimpleType, module: string): Facets {
  const facets: Facets = { base: "string" };
  const seen = new Set<SimpleType>();
  for (let at: SimpleType | null | undefined = type; at && !seen.has(at); at = at.restriction?.base) {
    seen.add(at);
    const { restriction } = at;
    facets.base = localName(restriction?.$base ?? at.$name ?? "string");
    if (!restriction) break;
    if (!restriction.base) throw unusableWsdl(module, `The type ${facets.base} is not in it, nor in what it imports`);
    facets.maxLength ??= toNumber(restriction.maxLength ?? restriction.length);
    facets.digits ??= toNumber(restriction.totalDigits);
    facets.scale ??= toNumber(restriction.fractionDigits);
    facets.pattern ??= restriction.pattern;
  }
  return facets;
}

const integers: Readonly<Record<string, readonly [number, number]>> = {
  int: [-2_147_483_648, 2_147_483_647],
  short: [-32_768, 32_767],
  byte: [-128, 127],
  unsignedByte: [0, 255],
  unsignedShort: [0, 65_535],
  unsignedInt: [0, 4_294_967_295],
};

function toRfcType({ base, maxLength, digits, scale, pattern }: Facets): RfcType {
  const range = Object.hasOwn(integers, base) ? integers[base] : undefined;
  if (range) return { kind: "integer", minimum: range[0], maximum: range[1] };
  switch (base) {
    case "long":
      return { kind: "decimal", digits: 19, scale: 0, isInt8: true };
    case "decimal":
    case "integer":
    case "precisionDecimal":
      return { kind: "decimal", ...(digits !== undefined && { digits }), ...(scale !== undefined && { scale }) };
    case "double":
    case "float":
      return { kind: "float" };
    case "base64Binary":
      return { kind: "bytes", ...(maxLength !== undefined && { maxLength }) };
    case "date":
      return { kind: "date" };
    case "time":
      return { kind: "time" };
  }
  // SAP gives DATS, TIMS and NUMC as text with one of these patterns.
  const shape = pattern
    ?.replaceAll("[0-9]", "\\d")
    .replace(/\\d\{(\d)\}/g, (_all, count) => "\\d".repeat(Number(count)));
  if (shape === "\\d\\d\\d\\d-\\d\\d-\\d\\d") return { kind: "date" };
  if (shape === "\\d\\d:\\d\\d:\\d\\d") return { kind: "time" };
  if (shape === "\\d+" || shape === "\\d*")
    return { kind: "digits", ...(maxLength !== undefined && { length: maxLength }) };
  return { kind: "text", ...(maxLength !== undefined && { maxLength }) };
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** What to say of a WSDL that cannot be used. */
export function unusableWsdl(module: string, problem: string): ConnectorError {
  const advice = "Supply the module's own WSDL, as the system gives it.";
  return new ConnectorError("UNEXPECTED_RESPONSE", `The WSDL of ${module} cannot be used. ${problem}. ${advice}`);
}
