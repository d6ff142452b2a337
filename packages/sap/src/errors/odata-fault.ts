import { findChild, readXml, type TransportResponse, type VendorMessage, type XmlElement } from "@isthmus/core";
import { isObject, textOf, type WireObject } from "../wire-values.js";
import type { SapFault } from "./sap-fault.js";

/** Messages of one error that are kept. */
const mostMessages = 100;
const longestMessage = 1_000;

/**
 * What the body of an answer says of a failure: an OData error of v2 or v4 in JSON, or of v2 in XML, which the Gateway sends when
 * it fails before it has looked at `Accept`.
 *
 * @returns `undefined` where the body is something else, such as a page in HTML.
 * @see https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ErrorResponse
 */
export function readODataFault(answer: Pick<TransportResponse, "headers"> & { text(): string }): SapFault | undefined {
  const text = answer.text();
  if (/^\s*\{/.test(text)) return readJsonFault(parse(text));
  if (/^\ufeff?\s*<(\?xml|(\w+:)?error\b)/.test(text)) return readXmlFault(text);
  return undefined;
}

/** The same, of a body that is read already: a part of a JSON batch, an error inside a success. */
export function readJsonFault(body: unknown): SapFault | undefined {
  const error = isObject(body) ? (body.error ?? body["odata.error"]) : undefined;
  if (!isObject(error)) return undefined;
  const inner = isObject(error.innererror) ? error.innererror : {};
  const first = toMessage(error, "error");
  const further = [...listOf(error.details), ...listOf(inner.errordetails)].map((detail) => toMessage(detail, "error"));
  return toFault(first, further, textOf(inner.transactionid));
}

function readXmlFault(text: string): SapFault | undefined {
  const root = readXmlOr(text);
  if (root?.name !== "error") return undefined;
  const inner = findChild(root, "innererror");
  const details = inner && findChild(inner, "errordetails");
  const first = toMessage(fieldsOf(root), "error");
  const further = (details?.children ?? []).map((detail) => toMessage(fieldsOf(detail), "error"));
  return toFault(first, further, inner && textOf(findChild(inner, "transactionid")?.text));
}

function readXmlOr(text: string): XmlElement | undefined {
  try {
    return readXml(text, { maxDepth: 16, maxElements: 5_000 });
  } catch {
    // What cannot be read says nothing; the status still does.
    return undefined;
  }
}

function fieldsOf(element: XmlElement): WireObject {
  return Object.fromEntries(element.children.map(({ name, text }) => [name, text]));
}

function toFault(
  first: VendorMessage | undefined,
  further: readonly (VendorMessage | undefined)[],
  requestId: string | undefined,
): SapFault {
  const all = [first, ...further].filter((message) => message !== undefined);
  // The Gateway repeats the error itself among its details, and says only there which field it means.
  const messages = all.filter((message, index) => !all.some((other, at) => repeats(message, index, other, at)));
  return {
    ...(first?.code !== undefined && { code: first.code }),
    ...(first && first.message !== "" && { message: first.message }),
    ...(messages.length > 1 && { messages: messages.slice(0, mostMessages) }),
    ...(requestId !== undefined && { requestId }),
  };
}

function repeats(message: VendorMessage, index: number, other: VendorMessage, at: number): boolean {
  if (message.code !== other.code || message.message !== other.message) return false;
  return message.field === other.field ? at < index : message.field === undefined;
}

/** One message in any of the forms that SAP has: of an error, of its details, of a `sap-message` header. */
export function toMessage(wire: unknown, otherwise: VendorMessage["severity"]): VendorMessage | undefined {
  if (!isObject(wire)) return undefined;
  const message = textOf(isObject(wire.message) ? wire.message.value : wire.message);
  const code = textOf(wire.code) ?? (typeof wire.code === "number" ? String(wire.code) : undefined);
  if (message === undefined && code === undefined) return undefined;
  const field = textOf(wire.target) ?? textOf(wire.propertyref);
  return {
    severity: severityOf(wire, otherwise),
    ...(code !== undefined && { code }),
    message: (message ?? "").slice(0, longestMessage),
    ...(field !== undefined && { field }),
  };
}

const severities: Readonly<Record<string, VendorMessage["severity"]>> = {
  error: "error",
  abort: "error",
  warning: "warning",
  info: "information",
  information: "information",
  success: "success",
  // The numeric ones of the vocabulary Common. https://sap.github.io/odata-vocabularies/vocabularies/Common.html#NumericMessageSeverityType
  "1": "success",
  "2": "information",
  "3": "warning",
  "4": "error",
};

function severityOf(wire: WireObject, otherwise: VendorMessage["severity"]): VendorMessage["severity"] {
  const said = wire.severity ?? wire.numericSeverity ?? wire["@Common.numericSeverity"];
  return severities[String(said ?? "").toLowerCase()] ?? otherwise;
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.slice(0, mostMessages);
  // Some systems wrap a list once more, as v2 does with any list.
  return isObject(value) && Array.isArray(value.results) ? value.results.slice(0, mostMessages) : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not JSON after all: it says nothing, and the status still does.
  }
}
