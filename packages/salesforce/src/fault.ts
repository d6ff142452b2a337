import { redactText, type TransportResponse, type VendorFault } from "@isthmus/core";
import { fieldPattern } from "./names.js";

/** One entry of the body of a failed call. */
interface WireError {
  readonly errorCode?: string;
  readonly message?: string;
  readonly fields?: readonly string[];
}

/**
 * What an answer that is not 2xx says: an array of errors, a bare one, XML (a SOAP fault, the first Bulk API), or a word on
 * its own (the identity service).
 */
export function readFault(response: TransportResponse): VendorFault {
  const { status } = response;
  const text = response.text();
  const body = response.tryJson();
  const error = toWireError(Array.isArray(body) ? body[0] : body) ?? parseXmlError(text) ?? readWord(text);
  if (error === undefined) return { status };
  const { errorCode, message, fields } = error;
  const cleaned = message === undefined ? undefined : cleanMessage(message);
  return {
    status,
    ...(errorCode !== undefined && { code: errorCode }),
    ...(cleaned && { message: cleaned }),
    ...(fields !== undefined && fields.length > 0 && { fields }),
  };
}

/**
 * Salesforce's words without a customer's data: the echo of the query, quoted values, ids, addresses and long numbers go;
 * names of fields and objects stay. Texts of an organisation's own validation rules are treated alike. Nothing is left of
 * a text of more than 4,000 characters.
 */
export function cleanMessage(message: string): string {
  // A refused query is quoted above the line that says what is wrong with it.
  const told = /ERROR at Row:\d+:Column:\d+[\s\S]*/.exec(message)?.[0] ?? message;
  // Longer than any sentence; and the patterns below take a time that grows with the square of the length.
  if (told.length > longestCleaned) return "";
  const cleaned = valuePatterns.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), told);
  const line = redactText(cleaned).replace(/\s+/g, " ").trim();
  return line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line;
}

const longestMessage = 200;
const longestCleaned = 4_000;

// Each was seen in an answer of Salesforce's; see test/fixtures/errors.json.
const valuePatterns: readonly [RegExp, string][] = [
  [/(data value too large: )[\s\S]*?( \(max length=\d+\)|$)/i, "$1[…]$2"],
  [
    /((?:invalid email address|restricted picklist field|value of incorrect type|malformed id|invalid ID field|value not of required type)\s*:? ?)[\s\S]+/i,
    "$1[…]",
  ],
  [/(from VALUE_\w+ value )[\s\S]*?( or request may|$)/i, "$1[…]$2"],
  // What follows one of these words is a name; anything else in quotes may be a value.
  [/(?<!\b(?:column|field|relationship|entity|object|type|method) )(['"])(?:\\.|(?!\1)[^\\])*\1/gi, "'[…]'"],
  [/\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/g, "[…]"],
  [/\b(?=[A-Za-z]*\d)[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\b/g, "[…]"],
  [/\b\d{6,}\b/g, "[…]"],
];

const codePattern = /^[A-Za-z]\w{1,79}$/;

function toWireError(value: unknown): WireError | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { errorCode, message, fields, error, error_description: description }: Record<string, unknown> = { ...value };
  // OAuth's own shape, where a gateway before the API answers.
  const code = typeof errorCode === "string" ? errorCode : error;
  const words = typeof message === "string" ? message : description;
  return {
    // They go into messages as they are: a gateway's sentence in their place may hold anything.
    ...(typeof code === "string" && codePattern.test(code) && { errorCode: code }),
    ...(typeof words === "string" && { message: words }),
    ...(Array.isArray(fields) && {
      fields: fields.filter((name) => typeof name === "string" && fieldPattern.test(name)),
    }),
  };
}

/** XML is looked into by pattern: two values are wanted, and a parser for them would be another risk. */
function parseXmlError(text: string): WireError | undefined {
  const code = /<(?:faultcode|exceptionCode)>(?:[\w-]+:)?(\w+)</.exec(text)?.[1];
  const message = /<(?:faultstring|exceptionMessage)>([^<]*)</.exec(text)?.[1];
  return code === undefined ? undefined : { errorCode: code, ...(message !== undefined && { message }) };
}

/** The identity service refuses with a bare word such as `Bad_OAuth_Token`. */
function readWord(text: string): WireError | undefined {
  const word = text.trim();
  return /^[A-Za-z][A-Za-z_]{2,39}$/.test(word) ? { errorCode: word } : undefined;
}
