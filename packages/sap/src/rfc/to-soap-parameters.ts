import { escapeXml, ValidationError, type ValidationIssue } from "@isthmus/core";
import { checkScalar } from "./check-scalar.js";
import type { RfcField, RfcParameters, RfcType } from "./rfc-types.js";

/** What strong-soap writes as it stands: text that is escaped already. Nothing of a caller's is ever given to it otherwise. */
interface RawText {
  readonly $xml: string;
}
/** A value in strong-soap's form. */
type SoapValue = RawText | { readonly [xmlName: string]: SoapValue | readonly SoapValue[] };

/**
 * A caller's parameters in the form in which strong-soap writes exactly them. strong-soap would insert what is under `$xml` as
 * raw XML, make attributes of `$attributes`, unpack `<![CDATA[`; so only names of the WSDL get through, and every value is
 * text that is escaped here.
 *
 * Every table of the interface is sent, an empty one too: SAP fills and returns only the tables that came.
 *
 * @throws {ValidationError} naming each field that does not fit the interface.
 */
export function toSoapParameters(parameters: RfcParameters, fields: readonly RfcField[]): Record<string, SoapValue> {
  const issues: ValidationIssue[] = [];
  const written = writeStructure(parameters, fields, "", issues);
  for (const { xmlName, type } of fields) {
    if (type.kind === "table") written[xmlName] ??= { item: [] };
  }
  if (issues.length === 0) return written;
  throw new ValidationError("The parameters do not fit the function module's interface. Nothing was sent.", issues);
}

function writeStructure(value: object, fields: readonly RfcField[], path: string, issues: ValidationIssue[]) {
  const written: Record<string, SoapValue> = {};
  for (const [name, given] of Object.entries(value)) {
    if (given === undefined) continue;
    const field = fields.find((each) => each.name === name);
    const at = `${path}${name}`;
    if (!field) issues.push({ path: at, message: `The interface has ${describeNames(fields)}.` });
    else {
      const part = writeValue(given, field.type, field.isTakenForDate, at, issues);
      if (part !== undefined) written[field.xmlName] = part;
    }
  }
  return written;
}

function writeValue(
  value: unknown,
  type: RfcType,
  isTakenForDate: boolean,
  path: string,
  issues: ValidationIssue[],
): SoapValue | undefined {
  switch (type.kind) {
    case "structure":
      if (typeof value === "object" && value !== null && !Array.isArray(value)) {
        return writeStructure(value, type.fields, `${path}.`, issues);
      }
      issues.push({ path, message: "Expected an object: the fields of a structure." });
      return undefined;
    case "table":
      if (Array.isArray(value)) {
        const rows = value.map((row, at) => writeValue(row, type.row, false, `${path}.${at}`, issues));
        return { item: rows.flatMap((row) => (row === undefined ? [] : [row])) };
      }
      issues.push({ path, message: "Expected an array: the rows of a table." });
      return undefined;
    default: {
      const checked = checkScalar(value, type);
      if (checked.text !== undefined) return { $xml: writeText(checked.text, isTakenForDate) };
      issues.push({ path, message: checked.problem });
      return undefined;
    }
  }
}

/** A date that strong-soap's own parser of dates does not recognise, and every XML reader does. */
function writeText(text: string, isTakenForDate: boolean): string {
  const escaped = escapeXml(text);
  return isTakenForDate ? escaped.replaceAll("-", "&#45;").replaceAll(":", "&#58;") : escaped;
}

function describeNames(fields: readonly RfcField[]): string {
  if (fields.length === 0) return "no field at all here";
  const names = fields.slice(0, 40).map(({ name }) => name);
  return `no such field here, but ${names.join(", ")}${fields.length > names.length ? " and more" : ""}`;
}
