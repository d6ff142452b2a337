import type { AbapRow } from "../business-data.js";
import { findSyntaxError } from "./check-syntax.js";
import type { IdocMessage } from "./idoc-document.js";
import { type StoredIdoc, statusOf } from "./idoc-store.js";
import { type IdocParts, logicalSystem } from "./parts.js";
import { postIdoc } from "./post-idoc.js";

/**
 * Stores IDocs and, where the settings say so, processes them. That they are stored says nothing about whether they post.
 *
 * @returns the stored ones, in their order; fewer than were sent only where the settings ask for a system that breaks off.
 */
export function receiveIdocs(messages: readonly IdocMessage[], parts: IdocParts, user: string): StoredIdoc[] {
  const most = parts.settings.idocsStoredPerDocument;
  const taken = most > 0 ? messages.slice(0, most) : messages;
  return taken.map((message) => {
    const stored = parts.idocs.add(message, "2", parts.client);
    parts.idocs.addStatus(stored.docnum, "50");
    checkIdoc(stored, message.control, parts);
    if (parts.settings.processIdocsAtOnce && statusOf(stored) === "64") processIdoc(stored, parts, user);
    return stored;
  });
}

/**
 * Processes every inbound IDoc that waits (64), as program RBDAPP01 does.
 *
 * @param again - Whether to take those in error (51) as well, as program RBDMANI2 does.
 * @returns how many were processed.
 */
export function processWaitingIdocs(parts: IdocParts, user: string, again = false): number {
  const wanted = parts.idocs.list().filter((idoc) => statusOf(idoc) === "64" || (again && statusOf(idoc) === "51"));
  for (const idoc of wanted) processIdoc(idoc, parts, user);
  return wanted.length;
}

function checkIdoc(stored: StoredIdoc, sent: AbapRow, { idocs, settings, ...parts }: IdocParts): void {
  const { control, docnum } = stored;
  const refuse = (number: string, text: string): void => idocs.addStatus(docnum, "56", text, { id: "E0", number });
  const own = logicalSystem(parts);
  const partners = settings.idocPartners.split(",").map((name) => name.trim());
  if (sent.DIRECT !== "2" && sent.DIRECT !== "") {
    refuse("336", `EDI: Direction '${sent.DIRECT}' is not inbound`);
  } else if (sent.MANDT !== parts.client && sent.MANDT !== "") {
    refuse("335", `EDI: Client '${sent.MANDT}' is not this client '${parts.client}'`);
  } else if (control.SNDPRT !== "LS" || !partners.includes(control.SNDPRN ?? "")) {
    refuse("332", "EDI: Partner profile not available");
  } else if (control.RCVPRN !== own) {
    refuse("337", `EDI: Recipient '${control.RCVPRN}' is not this system '${own}'`);
  } else {
    const error = findSyntaxError(stored);
    if (error === undefined) idocs.addStatus(docnum, "64");
    else idocs.addStatus(docnum, "60", error, { id: "E0", number: "078" });
  }
}

function processIdoc(stored: StoredIdoc, { idocs, business, clock, settings }: IdocParts, user: string): void {
  idocs.addStatus(stored.docnum, "62");
  const wanted = settings.idocPostingError;
  const refused = { type: "E", id: "M3", number: "024", text: wanted };
  const { type, id, number, text } = wanted === "" ? postIdoc(stored, business, clock(), user) : refused;
  idocs.addStatus(stored.docnum, type === "E" ? "51" : "53", text, { id, number });
}
