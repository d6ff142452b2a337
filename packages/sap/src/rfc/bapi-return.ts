import { ConflictError, type ConnectorError, redactText, VendorError, type VendorMessage } from "@isthmus/core";
import { isLockMessage } from "../errors/lock-messages.js";
import { endSentence } from "../errors/map-rfc-failure.js";
import type { RfcField, RfcType, RfcValue } from "./rfc-types.js";

/**
 * The parameters in which a module returns messages. SAP has four structures for it (BAPIRET2, BAPIRET1, BAPIRETURN1 and the
 * older BAPIRETURN with one `CODE`), each as a structure or a table. A parameter is one of them by its fields, and by its name:
 * it has RETURN or BAPIRET in it, or is one of `names`.
 *
 * @param names - Further parameters in which this system's modules return messages.
 */
export function findBapiReturns(output: readonly RfcField[], names: readonly string[] = []): readonly RfcField[] {
  return output.filter(({ name, type }) => (/RETURN|BAPIRET/.test(name) || names.includes(name)) && isBapiReturn(type));
}

/** Every message that a BAPI returned, in order, in the parameters that `findBapiReturns` finds. */
export function readBapiMessages(
  values: Readonly<Record<string, RfcValue>>,
  output: readonly RfcField[],
  names: readonly string[] = [],
): VendorMessage[] {
  return findBapiReturns(output, names).flatMap(({ name }) => toRows(values[name]).flatMap(readMessage));
}

/**
 * The error that the messages mean, with all of them: types E, A and X are failures, inside HTTP 200. `undefined` where there
 * is none. A lock that someone else holds passes by itself.
 *
 * @param lockMessages - Further codes that say that something is locked.
 */
export function toBapiError(
  name: string,
  messages: readonly VendorMessage[],
  lockMessages: readonly string[] = [],
): ConnectorError | undefined {
  const errors = messages.filter(({ severity }) => severity === "error");
  const [first] = errors;
  if (!first) return undefined;
  const vendor = { ...(first.code !== undefined && { code: first.code }), message: first.message, messages };
  const lock = errors.find((message) => isLockMessage(message, lockMessages));
  if (lock) {
    const words = `${name} found something locked (${lock.code ?? "lock"}): ${endSentence(lock.message)} Try again in a while.`;
    return new ConflictError(words, { vendor, retryable: true });
  }
  const more = errors.length > 1 ? ` And ${errors.length - 1} more.` : "";
  return new VendorError(`${name} failed (${first.code ?? "no code"}): ${endSentence(first.message)}${more}`, {
    vendor,
  });
}

function isBapiReturn(type: RfcType): boolean {
  const row = type.kind === "table" ? type.row : type;
  if (row.kind !== "structure") return false;
  const names = new Set(row.fields.map(({ name }) => name));
  return names.has("TYPE") && names.has("MESSAGE") && (names.has("CODE") || (names.has("ID") && names.has("NUMBER")));
}

function toRows(value: RfcValue | undefined): readonly RfcValue[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as RfcValue];
}

const severities: Readonly<Record<string, VendorMessage["severity"]>> = {
  S: "success",
  I: "information",
  W: "warning",
  E: "error",
  A: "error",
  X: "error",
};

function readMessage(row: RfcValue): VendorMessage[] {
  const type = textIn(row, "TYPE").toUpperCase();
  const code = readCode(row);
  const words = textIn(row, "MESSAGE") || readVariables(row);
  // A structure that nobody filled: no type, no number, no words. So says BAPI_TRANSACTION_COMMIT that all is well.
  if (type === "" && code === undefined && words === "") return [];
  const field = textIn(row, "FIELD") || textIn(row, "PARAMETER");
  return [
    {
      // No type beside words is not an error that SAP's own programs would see: they ask for E and A.
      severity: severities[type] ?? "information",
      ...(code !== undefined && { code }),
      message: redactText(words),
      ...(field !== "" && { field }),
    },
  ];
}

/** `V1/042`; BAPIRETURN has the class and the three digits of the number in one: `V1042`. */
function readCode(row: RfcValue): string | undefined {
  const [, both, digits] = /^(.*?)\s*(\d{3})$/.exec(textIn(row, "CODE")) ?? [];
  const id = both ?? textIn(row, "ID");
  const number = digits ?? textIn(row, "NUMBER").padStart(3, "0");
  return id === "" ? undefined : `${id}/${number}`;
}

function readVariables(row: RfcValue): string {
  return [1, 2, 3, 4]
    .map((at) => textIn(row, `MESSAGE_V${at}`))
    .join(" ")
    .trim();
}

function textIn(row: RfcValue, name: string): string {
  const value = typeof row === "object" && row !== null ? Reflect.get(row, name) : undefined;
  return typeof value === "string" ? value.trim() : "";
}
