import type { AbapRow } from "../business-data.js";
import { char, dats, numc, tims } from "../rfc/abap-types.js";
import { column } from "../rfc/database-tables.js";
import type { DatabaseTable } from "../rfc/rfc-system.js";
import { type IdocStore, type StoredIdoc, statusOf } from "./idoc-store.js";

const edidc = [
  column("MANDT", char(3), "Client"),
  column("DOCNUM", char(16), "IDoc number"),
  column("STATUS", char(2), "Status of IDoc"),
  column("DIRECT", char(1), "Direction for IDoc"),
  column("RCVPOR", char(10), "Receiver port"),
  column("RCVPRT", char(2), "Partner Type of Receiver"),
  column("RCVPRN", char(10), "Partner Number of Receiver"),
  column("SNDPOR", char(10), "Sender port"),
  column("SNDPRT", char(2), "Partner type of sender"),
  column("SNDPRN", char(10), "Partner Number of Sender"),
  column("CREDAT", dats, "Created on"),
  column("CRETIM", tims, "Created at"),
  column("MESTYP", char(30), "Message Type"),
  column("IDOCTP", char(30), "Basic type"),
  column("CIMTYP", char(30), "Extension"),
  column("ARCKEY", char(70), "EDI archive key"),
  column("UPDDAT", dats, "Changed on"),
  column("UPDTIM", tims, "Time changed"),
];

const edids = [
  column("MANDT", char(3), "Client"),
  column("DOCNUM", char(16), "IDoc number"),
  column("LOGDAT", dats, "Date of status information"),
  column("LOGTIM", tims, "Time of status information"),
  column("COUNTR", numc(16), "IDoc status counter"),
  column("STATUS", char(2), "Status of IDoc"),
  column("STATXT", char(70), "Text for status code"),
  column("SEGNUM", numc(6), "Segment Number"),
  column("SEGFLD", char(30), "Segment field"),
  ...["STAPA1", "STAPA2", "STAPA3", "STAPA4"].map((name) => column(name, char(50), "Parameter")),
  column("STATYP", char(1), "Type of system error message"),
  column("STAMID", char(20), "Message class"),
  column("STAMNO", numc(3), "Message number"),
];

/** EDIDC and EDIDS, for RFC_READ_TABLE. */
export function idocTables(idocs: IdocStore): DatabaseTable[] {
  return [
    { name: "EDIDC", fields: edidc, rows: () => idocs.list().map(toControlRow) },
    { name: "EDIDS", fields: edids, rows: () => idocs.list().flatMap(toStatusRows) },
  ];
}

function toControlRow(idoc: StoredIdoc): AbapRow {
  const first = idoc.statuses[0];
  const last = idoc.statuses.at(-1);
  return {
    ...idoc.control,
    STATUS: statusOf(idoc),
    IDOCTP: idoc.control.IDOCTYP ?? "",
    CREDAT: first?.date ?? "00000000",
    CRETIM: first?.time ?? "000000",
    UPDDAT: last?.date ?? "00000000",
    UPDTIM: last?.time ?? "000000",
  };
}

function toStatusRows({ docnum, statuses }: StoredIdoc): AbapRow[] {
  return statuses.map(({ status, text, messageId, messageNumber, date, time }, index) => ({
    DOCNUM: docnum,
    LOGDAT: date,
    LOGTIM: time,
    COUNTR: String(index + 1).padStart(16, "0"),
    STATUS: status,
    STATXT: text.slice(0, 70),
    // The texts are filled already: no segment and no parameter is told.
    STATYP: messageId === "" ? "" : status === "53" ? "S" : "E",
    STAMID: messageId,
    STAMNO: messageNumber,
  }));
}
