import type { VendorMessage } from "@isthmus/core";
import { findStatusCode, type IdocOutcome } from "./status-codes.js";

/** One status that an IDoc came to. */
export interface IdocStatus {
  /** Number of the IDoc that it is about, 16 digits, in the system that stores it. */
  readonly docnum: string;
  /** Two digits: `53`. */
  readonly status: string;
  /** What it means. `waiting` for a status that this package does not know. */
  readonly outcome: IdocOutcome;
  /** What the number says, whatever the document. */
  readonly meaning: string;
  /** Date and time as the system tells them, in its own time zone: `2026-11-22T10:15:00`. */
  readonly at?: string;
  /** What the application said: why it was not posted, or what was. */
  readonly message?: VendorMessage;
  /** Segment that it is about, by its place. */
  readonly segmentNumber?: number;
  /** Objects that came of it: of type `BUS2032`, a sales order. */
  readonly objects?: readonly { readonly type: string; readonly key: string }[];
}

/** Fields of a status record, by the names that table `EDIDS` and segments `E1STATS` and `E1STATE` share. */
export type StatusFields = Readonly<Record<string, string | undefined>>;

/** A status record as what it says. */
export function toIdocStatus(fields: StatusFields): IdocStatus {
  const value = (name: string) => fields[name]?.trim() ?? "";
  const status = value("STATUS").padStart(2, "0");
  const code = findStatusCode(status);
  const at = toMoment(value("LOGDAT"), value("LOGTIM"));
  const message = toMessage(value);
  const segmentNumber = Number(value("SEGNUM"));
  return {
    docnum: value("DOCNUM").padStart(16, "0"),
    status,
    outcome: code?.outcome ?? "waiting",
    meaning: code?.meaning ?? `Status ${status} of the system.`,
    ...(at !== undefined && { at }),
    ...(message && { message }),
    ...(Number.isInteger(segmentNumber) && segmentNumber > 0 && { segmentNumber }),
  };
}

function toMessage(value: (name: string) => string): VendorMessage | undefined {
  const parameters = [1, 2, 3, 4].map((at) => value(`STAPA${at}_LNG`) || value(`STAPA${at}`));
  const text = fill(value("STATXT"), parameters);
  const id = value("STAMID");
  if (text === "" && id === "") return undefined;
  return {
    severity: severityOf(value("STATYP"), value("STATUS")),
    ...(id !== "" && { code: `${id}/${value("STAMNO")}` }),
    message: text === "" ? parameters.filter((parameter) => parameter !== "").join(" ") : text,
    ...(value("SEGFLD") !== "" && { field: value("SEGFLD") }),
  };
}

/** Message texts have `&1` to `&4`, or `&` for the next one. Each is filled once: a value may itself hold `&`. */
function fill(text: string, parameters: readonly string[]): string {
  let next = 0;
  return text.replaceAll(/&([1-4])?/g, (_match, number: string | undefined) => {
    const at = number === undefined ? next : Number(number) - 1;
    next = at + 1;
    return parameters[at] ?? "";
  });
}

function severityOf(type: string, status: string): VendorMessage["severity"] {
  switch (type) {
    case "E":
    case "A":
    case "X":
      return "error";
    case "W":
      return "warning";
    case "S":
      return "success";
    case "I":
      return "information";
    default:
      return findStatusCode(status)?.outcome === "failed" ? "error" : "information";
  }
}

function toMoment(date: string, time: string): string | undefined {
  if (!/^\d{8}$/.test(date) || date === "00000000") return undefined;
  const clock = /^\d{6}$/.test(time) ? time : "000000";
  const [day, hour] = [`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`, clock.slice(0, 2)];
  return `${day}T${hour}:${clock.slice(2, 4)}:${clock.slice(4)}`;
}
