import { ConnectorError, childrenOf, findChild, type XmlElement } from "@isthmus/core";
import type { RfcField, RfcType, RfcValue } from "./rfc-types.js";

/**
 * The fields of a structure, or the parameters of an answer, exactly. A table that does not come is `[]`; any other field that
 * does not come is left out.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when a number is none, naming the field.
 */
export function readFields(element: XmlElement, fields: readonly RfcField[], path = ""): Record<string, RfcValue> {
  const values: Record<string, RfcValue> = {};
  for (const { name, xmlName, type } of fields) {
    const child = findChild(element, xmlName);
    if (child) values[name] = readValue(child, type, `${path}${name}`);
    else if (type.kind === "table") values[name] = [];
  }
  return values;
}

function readValue(element: XmlElement, type: RfcType, path: string): RfcValue {
  const { text } = element;
  switch (type.kind) {
    case "structure":
      return readFields(element, type.fields, `${path}.`);
    case "table":
      return childrenOf(element, "item").map((row, at) => readValue(row, type.row, `${path}.${at}`));
    case "text":
      return type.maxLength === undefined ? text : text.replace(/ +$/, "");
    case "digits":
    case "time":
      return text.trim();
    case "date":
      return readDate(text.trim());
    case "bytes":
      return text.replace(/\s+/g, "");
    case "decimal":
      return readNumber(text, /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/, path);
    case "integer":
      return Number(readNumber(text, /^[+-]?\d+$/, path));
    case "float":
      return Number(readNumber(text, /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/, path));
  }
}

/** ABAP lets anything of the right length stand in a DATS field, so what is no date is left as it is. */
function readDate(text: string): string | null {
  if (/^(?:0000-?00-?00)?$/.test(text)) return null;
  return text.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
}

function readNumber(text: string, form: RegExp, path: string): string {
  const number = text.trim();
  if (form.test(number)) return number;
  throw new ConnectorError("UNEXPECTED_RESPONSE", `SAP's answer has something in ${path} that is not a number.`);
}
