import type { AbapRow } from "../business-data.js";
import { char, int, numc } from "./abap-types.js";
import type { AbapStructure } from "./function-module.js";

/** One message of the T100 table, filled. */
export interface BapiMessage {
  /** S success, I information, W warning, E error, A abort. */
  type: string;
  /** Message class. */
  id: string;
  /** Three digits. */
  number: string;
  /** The whole text. */
  text: string;
  /** What its placeholders were filled with. */
  variables?: readonly string[];
  /** The parameter that it is about. */
  parameter?: string;
  /** The row of that parameter, from 1. */
  row?: number;
  /** The field of that row. */
  field?: string;
}

/** RETURN of newer BAPIs. */
export const bapiret2: AbapStructure = {
  name: "BAPIRET2",
  fields: [
    ["TYPE", char(1)],
    ["ID", char(20)],
    ["NUMBER", numc(3)],
    ["MESSAGE", char(220)],
    ["LOG_NO", char(20)],
    ["LOG_MSG_NO", numc(6)],
    ["MESSAGE_V1", char(50)],
    ["MESSAGE_V2", char(50)],
    ["MESSAGE_V3", char(50)],
    ["MESSAGE_V4", char(50)],
    ["PARAMETER", char(32)],
    ["ROW", int()],
    ["FIELD", char(30)],
    ["SYSTEM", char(10)],
  ],
};

/** RETURN of older BAPIs: BAPIRET2 without parameter, row, field and system. */
export const bapiret1: AbapStructure = { name: "BAPIRET1", fields: bapiret2.fields.slice(0, 10) };

/** RETURN of the oldest BAPIs: class and number are one CODE. */
export const bapireturn: AbapStructure = {
  name: "BAPIRETURN",
  fields: [
    ["TYPE", char(1)],
    ["CODE", char(5)],
    ["MESSAGE", char(220)],
    ["LOG_NO", char(20)],
    ["LOG_MSG_NO", numc(6)],
    ["MESSAGE_V1", char(50)],
    ["MESSAGE_V2", char(50)],
    ["MESSAGE_V3", char(50)],
    ["MESSAGE_V4", char(50)],
  ],
};

/** A message as a row of BAPIRET2; BAPIRET1 takes its first fields. */
export function toBapiret2(message: BapiMessage, system: string): AbapRow {
  return {
    ...toBapiret1(message),
    PARAMETER: message.parameter ?? "",
    ROW: String(message.row ?? 0),
    FIELD: message.field ?? "",
    SYSTEM: system,
  };
}

/** A message as BAPIRET1. */
export function toBapiret1(message: BapiMessage): AbapRow {
  return { TYPE: message.type, ID: message.id, NUMBER: message.number, MESSAGE: message.text, ...variables(message) };
}

/** A message as BAPIRETURN. */
export function toBapireturn(message: BapiMessage): AbapRow {
  const code = `${message.id.slice(0, 2)}${message.number}`;
  return { TYPE: message.type, CODE: code, MESSAGE: message.text, ...variables(message) };
}

/** Whether messages say that nothing was done. */
export function isFailure(messages: readonly { type: string }[]): boolean {
  return messages.some(({ type }) => type === "E" || type === "A");
}

function variables({ variables: given = [] }: BapiMessage): AbapRow {
  return Object.fromEntries([1, 2, 3, 4].map((number) => [`MESSAGE_V${number}`, given[number - 1] ?? ""]));
}
