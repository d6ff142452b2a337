import { findChild, type XmlElement } from "../../shared/xml/read-xml.js";
import { element, escapeXml } from "../../shared/xml/write-xml.js";
import type { AbapRow } from "../business-data.js";
import { type AbapType, ConversionError, fromXml, toXmlText } from "./abap-types.js";
import { type AbapStructure, type FunctionCall, type FunctionModule, isStructure, toRow } from "./function-module.js";
import { RfcSystemError } from "./rfc-errors.js";
import { xmlName } from "./soap-envelope.js";

/**
 * Reads the parameters of a call.
 *
 * @throws {RfcSystemError} for a parameter that is unknown or missing, or a value that its field cannot hold.
 */
export function readParameters(module: FunctionModule, call: FunctionCall, sent: XmlElement): void {
  for (const { name } of sent.children) {
    const known = module.parameters.some((parameter) => xmlName(parameter.name) === name);
    if (!known) throw refused(`The parameter ${name} is not defined in the interface of ${module.name}`);
  }
  assertNoRepeats(sent);
  for (const parameter of module.parameters) {
    const given = findChild(sent, xmlName(parameter.name));
    if (given === undefined) {
      if (parameter.optional !== false || parameter.direction === "exporting") continue;
      throw refused(`Obligatory parameter ${parameter.name} is not filled in the call of ${module.name}`);
    }
    // Clients that know nothing of directions send the exporting ones too; what they hold is not read.
    if (parameter.direction === "exporting") continue;
    const { type } = parameter;
    if (!isStructure(type)) call.values.set(parameter.name, readScalar(type, given, parameter.name));
    else if (parameter.direction === "tables") call.tables.set(parameter.name, readTable(type, given));
    else call.structures.set(parameter.name, readStructure(type, given));
  }
}

/** Writes what the call returns: exporting and changing parameters always, tables only where the caller sent them. */
export function writeResults(module: FunctionModule, call: FunctionCall): string {
  return module.parameters
    .filter(({ direction, name }) => direction !== "importing" && (direction !== "tables" || call.tables.has(name)))
    .map(({ name, direction, type }) => {
      if (!isStructure(type)) return element(xmlName(name), escapeXml(toXmlText(type, call.value(name))));
      if (direction !== "tables") return element(xmlName(name), writeFields(type, call.structure(name)));
      const rows = call.rows(name).map((row) => element("item", writeFields(type, row)));
      return element(xmlName(name), rows.join(""));
    })
    .join("");
}

function readTable(type: AbapStructure, given: XmlElement): AbapRow[] {
  return given.children.map((row) => {
    if (row.name !== "item") throw refused(`Rows of a table are named item, not ${row.name}`);
    return readStructure(type, row);
  });
}

function readStructure(structure: AbapStructure, given: XmlElement): AbapRow {
  assertNoRepeats(given);
  const row: Record<string, string> = {};
  for (const child of given.children) {
    const field = structure.fields.find(([name]) => xmlName(name) === child.name);
    if (field === undefined) throw refused(`Structure ${structure.name} has no field ${child.name}`);
    row[field[0]] = readScalar(field[1], child, field[0]);
  }
  return toRow(structure, row);
}

function assertNoRepeats({ name, children }: XmlElement): void {
  const names = children.map((child) => child.name);
  const repeated = names.find((one, index) => names.indexOf(one) !== index);
  if (repeated !== undefined) throw refused(`${repeated} is in ${name} twice`);
}

function readScalar(type: AbapType, given: XmlElement, name: string): string {
  if (given.children.length > 0) throw refused(`The field ${name} holds elements instead of a value`);
  try {
    return fromXml(type, given.text);
  } catch (error) {
    if (error instanceof ConversionError) throw refused(`${error.message} (field ${name})`);
    throw error;
  }
}

function writeFields(structure: AbapStructure, row: AbapRow): string {
  const whole = toRow(structure, row);
  return structure.fields
    .map(([name, type]) => element(xmlName(name), escapeXml(toXmlText(type, whole[name] ?? ""))))
    .join("");
}

function refused(message: string): RfcSystemError {
  return new RfcSystemError("CALL_FUNCTION_PARAMETER_ERROR", message);
}
