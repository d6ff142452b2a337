/** What a status means for whoever sent or awaits the document. */
export type IdocOutcome =
  /** It has done what it was for: posted in the system, or taken by the receiver. */
  | "done"
  /** It is on its way, and nobody has to do anything. */
  | "waiting"
  /** It stopped. Somebody has to mend it in the system, or send it again. */
  | "failed"
  /** It will not be processed: a copy, an archived or a cancelled one. */
  | "closed";

/** One status that an IDoc can have. */
export interface IdocStatusCode {
  readonly direction: "outbound" | "inbound";
  readonly outcome: IdocOutcome;
  /** In English, near to SAP's own words (table `TEDS2`). */
  readonly meaning: string;
}

const outbound = (outcome: IdocOutcome, meaning: string): IdocStatusCode => ({
  direction: "outbound",
  outcome,
  meaning,
});
const inbound = (outcome: IdocOutcome, meaning: string): IdocStatusCode => ({ direction: "inbound", outcome, meaning });

/**
 * Statuses of IDocs by their number: 01 to 49 on the way out, 50 to 75 on the way in.
 *
 * Source: table `TEDS1`/`TEDS2` of a system (transaction WE47), where each belongs to a group; 03 is `done` only as far as the
 * port goes, which for tRFC is a queue, hence `waiting` until 12 or an acknowledgement.
 */
export const idocStatusCodes: Readonly<Record<string, IdocStatusCode>> = {
  "00": outbound("closed", "Not used, only from R/2."),
  "01": outbound("waiting", "IDoc created."),
  "02": outbound("failed", "Error passing data to the port."),
  "03": outbound("waiting", "Data passed to the port."),
  "04": outbound("failed", "Error within control information of the EDI subsystem."),
  "05": outbound("failed", "Error during translation."),
  "06": outbound("waiting", "Translation done."),
  "07": outbound("failed", "Error during syntax check."),
  "08": outbound("waiting", "Syntax check done."),
  "09": outbound("failed", "Error during interchange handling."),
  "10": outbound("waiting", "Interchange handling done."),
  "11": outbound("failed", "Error during dispatch."),
  "12": outbound("done", "Dispatch done."),
  "13": outbound("waiting", "Retransmission done."),
  "14": outbound("done", "Interchange acknowledgement positive."),
  "15": outbound("failed", "Interchange acknowledgement negative."),
  "16": outbound("done", "Functional acknowledgement positive."),
  "17": outbound("failed", "Functional acknowledgement negative."),
  "18": outbound("waiting", "Triggering of the EDI subsystem done."),
  "19": outbound("waiting", "Data transfer for test done."),
  "20": outbound("failed", "Error triggering the EDI subsystem."),
  "21": outbound("failed", "Error passing data for test."),
  "22": outbound("waiting", "Dispatch done, acknowledgement still due."),
  "23": outbound("failed", "Error during retransmission."),
  "24": outbound("waiting", "Control information of the EDI subsystem done."),
  "25": outbound("waiting", "Processing despite a syntax error."),
  "26": outbound("failed", "Error during the syntax check of the IDoc."),
  "27": outbound("failed", "Error in the dispatch level (ALE service)."),
  "29": outbound("failed", "Error in the ALE service."),
  "30": outbound("waiting", "IDoc ready for dispatch (ALE service)."),
  "31": outbound("closed", "Error, no further processing."),
  "32": outbound("waiting", "IDoc was edited."),
  "33": outbound("closed", "Original of an IDoc that was edited."),
  "34": outbound("failed", "Error in the control record of the IDoc."),
  "35": outbound("waiting", "IDoc reloaded from archive."),
  "36": outbound("failed", "Electronic signature not performed (timeout)."),
  "37": outbound("failed", "IDoc added incorrectly."),
  "38": outbound("closed", "IDoc archived."),
  "39": outbound("done", "IDoc is in the target system (ALE service)."),
  "40": outbound("failed", "Application document not created in the target system."),
  "41": outbound("done", "Application document created in the target system."),
  "42": outbound("waiting", "IDoc was created by a test transaction."),
  "50": inbound("waiting", "IDoc added."),
  "51": inbound("failed", "Application document not posted."),
  "52": inbound("failed", "Application document not fully posted."),
  "53": inbound("done", "Application document posted."),
  "54": inbound("failed", "Error during formal application check."),
  "55": inbound("waiting", "Formal application check done."),
  "56": inbound("failed", "IDoc with errors added: no partner profile, or no right to receive it."),
  "57": inbound("failed", "Test IDoc: error during application check."),
  "58": inbound("closed", "Copy of an IDoc from an R/2 connection."),
  "59": inbound("closed", "Not used."),
  "60": inbound("failed", "Error during the syntax check of the IDoc."),
  "61": inbound("waiting", "Processing despite a syntax error."),
  "62": inbound("waiting", "IDoc passed to the application."),
  "63": inbound("failed", "Error passing the IDoc to the application."),
  "64": inbound("waiting", "IDoc ready to be passed to the application."),
  "65": inbound("failed", "Error in the ALE service."),
  "66": inbound("waiting", "IDoc is waiting for a predecessor (serialization)."),
  "68": inbound("closed", "Error, no further processing."),
  "69": inbound("waiting", "IDoc was edited."),
  "70": inbound("closed", "Original of an IDoc that was edited."),
  "71": inbound("waiting", "IDoc reloaded from archive."),
  "73": inbound("closed", "IDoc archived."),
  "74": inbound("waiting", "IDoc was created by a test transaction."),
  "75": inbound("waiting", "IDoc is in the inbound queue."),
};

/** The code of a status, as it is known here; `undefined` for one that SAP has added since. */
export function findStatusCode(status: string): IdocStatusCode | undefined {
  return Object.hasOwn(idocStatusCodes, status) ? idocStatusCodes[status] : undefined;
}
