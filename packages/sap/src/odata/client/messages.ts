import type { VendorMessage } from "@isthmus/core";
import { toMessage } from "../../errors/odata-fault.js";
import { isObject } from "../../wire-values.js";
import { headerOf, type ODataAnswer } from "./answer.js";

/** Messages of one answer that are kept. */
const mostMessages = 100;

/**
 * What SAP says beside a success: the header `sap-message` of v2 (one message with further ones in `details`) or `sap-messages`
 * of v4 (a list). One of them may be an error although the request succeeded.
 */
export function readMessages(answer: Pick<ODataAnswer, "headers">): readonly VendorMessage[] {
  return [headerOf(answer, "sap-message"), headerOf(answer, "sap-messages")]
    .filter((header) => header !== undefined && header.trim() !== "")
    .flatMap((header) => readHeader(header ?? ""))
    .slice(0, mostMessages);
}

function readHeader(header: string): readonly VendorMessage[] {
  const wire = parse(header);
  if (wire === undefined) {
    return [{ severity: "warning", message: "SAP sent a message in a header that cannot be read." }];
  }
  return [wire].flat().flatMap((message) => {
    const details = isObject(message) && Array.isArray(message.details) ? message.details : [];
    return [message, ...details].map((one) => toMessage(one, "information")).filter((one) => one !== undefined);
  });
}

function parse(header: string): unknown {
  try {
    return JSON.parse(decode(header));
  } catch {
    return undefined; // The caller says so.
  }
}

/** A header may arrive as one character for each byte, and some systems write it in UTF-8. */
function decode(header: string): string {
  const bytes = Buffer.from(header, "latin1");
  const text = bytes.toString("utf8");
  return bytes.toString("latin1") !== header || text.includes("\ufffd") ? header : text;
}
