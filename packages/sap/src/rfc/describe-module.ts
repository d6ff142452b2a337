import { ConnectorError } from "@isthmus/core";
import { fromXmlName, toXmlName } from "./abap-names.js";
import type { FunctionInterface, RfcField, RfcType } from "./rfc-types.js";
import type { ElementDescriptor, OperationPlace, SimpleType, SoapOperation, Wsdl } from "./strong-soap.js";

/** A module as its WSDL describes it. */
export interface DescribedModule {
  readonly wsdl: Wsdl;
  readonly place: OperationPlace;
  readonly interface: FunctionInterface;
}

/** How much an interface may hold: structures within structures, and fields in all, those of repeated structures too. */
const limits = { depth: 32, fields: 100_000 };

/** One description under way. */
interface Description {
  readonly wsdl: Wsdl;
  readonly module: string;
  fields: number;
}

/**
 * The interface of a function module by what strong-soap makes of its WSDL.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when the WSDL does not describe the module, or not in a form that SAP uses.
 */
export function describeModule(wsdl: Wsdl, name: string): DescribedModule {
  const found = findOperation(wsdl, toXmlName(name));
  if (!found) throw unusable(name, "It has no operation of that name for SOAP 1.1");
  const { style, input, output } = found.operation.describe(wsdl.definitions);
  if (style !== "documentLiteralWrapped") throw unusable(name, "Its binding is not document/literal, as SAP's are");
  if (!input.body || !output.body) throw unusable(name, "Its operation has no input or no output");
  const description = { wsdl, module: name, fields: 0 };
  return {
    wsdl,
    place: found.place,
    interface: {
      name,
      input: describeFields(description, input.body, 0),
      output: describeFields(description, output.body, 0),
      responseName: output.body.qname.name,
    },
  };
}

function findOperation(wsdl: Wsdl, name: string): { operation: SoapOperation; place: OperationPlace } | undefined {
  for (const [service, { ports }] of Object.entries(wsdl.definitions.services)) {
    for (const [port, { binding }] of Object.entries(ports)) {
      const operation = Object.entries(binding?.operations ?? {}).find(([each]) => each === name)?.[1];
      if (operation?.soapVersion === "1.1") return { operation, place: { service, port, name } };
    }
  }
  return undefined;
}

function describeFields(description: Description, parent: ElementDescriptor, depth: number): RfcField[] {
  const { module } = description;
  if (depth > limits.depth) throw unusable(module, `Its structures are nested deeper than ${limits.depth} levels`);
  description.fields += parent.elements.length;
  if (description.fields > limits.fields) {
    throw new ConnectorError("RESPONSE_TOO_LARGE", `The WSDL of ${module} has more than ${limits.fields} fields.`);
  }
  return parent.elements.map((element) => {
    const xmlName = element.qname.name;
    if (!/^[A-Za-z][\w.-]*$|^_-[\w.-]+$/.test(xmlName)) throw unusable(module, "It has a name that ABAP cannot have");
    return {
      name: fromXmlName(xmlName),
      xmlName,
      type: describeElement(description, element, depth + 1),
      isTakenForDate: ["date", "time", "dateTime"].includes(element.type?.name ?? ""),
    };
  });
}

function describeElement(description: Description, element: ElementDescriptor, depth: number): RfcType {
  if (element.isSimple) return describeSimple(description, element);
  const [only] = element.elements;
  // strong-soap takes a type that it does not find for one without fields: their values would be lost without a word.
  if (!only)
    throw unusable(description.module, `The type of ${element.qname.name} is not in it, nor in what it imports`);
  if (only?.isMany && only.qname.name === "item") {
    const row: RfcType = only.isSimple
      ? describeSimple(description, only)
      : { kind: "structure", fields: describeFields(description, only, depth) };
    return { kind: "table", row };
  }
  return { kind: "structure", fields: describeFields(description, element, depth) };
}

/** What a chain of restrictions says in all. */
interface Facets {
  base: string;
  maxLength?: number;
  digits?: number;
  scale?: number;
  pattern?: string;
}

function describeSimple({ wsdl, module }: Description, { type }: ElementDescriptor): RfcType {
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
    if (!restriction.base) throw unusable(module, `The type ${facets.base} is not in it, nor in what it imports`);
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

function unusable(module: string, problem: string): ConnectorError {
  const advice = "Supply the module's own WSDL, as the system gives it.";
  return new ConnectorError("UNEXPECTED_RESPONSE", `The WSDL of ${module} cannot be used. ${problem}. ${advice}`);
}
