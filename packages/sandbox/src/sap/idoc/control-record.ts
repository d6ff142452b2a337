import type { AbapRow } from "../business-data.js";

/** The control record EDI_DC40: its fields in their order, 524 characters in all. */
export const controlFields = {
  TABNAM: 10,
  MANDT: 3,
  DOCNUM: 16,
  DOCREL: 4,
  STATUS: 2,
  DIRECT: 1,
  OUTMOD: 1,
  EXPRSS: 1,
  TEST: 1,
  IDOCTYP: 30,
  CIMTYP: 30,
  MESTYP: 30,
  MESCOD: 3,
  MESFCT: 3,
  STD: 1,
  STDVRS: 6,
  STDMES: 6,
  SNDPOR: 10,
  SNDPRT: 2,
  SNDPFC: 2,
  SNDPRN: 10,
  SNDSAD: 21,
  SNDLAD: 70,
  RCVPOR: 10,
  RCVPRT: 2,
  RCVPFC: 2,
  RCVPRN: 10,
  RCVSAD: 21,
  RCVLAD: 70,
  CREDAT: 8,
  CRETIM: 6,
  REFINT: 14,
  REFGRP: 14,
  REFMES: 14,
  ARCKEY: 70,
  SERIAL: 20,
} as const;

/** A control record: every field, `""` where nothing is in it. */
export function toControlRecord(given: AbapRow): AbapRow {
  return Object.fromEntries(Object.keys(controlFields).map((name) => [name, given[name] ?? ""]));
}

/** The first field of a control record that is unknown or too long, in a sentence; `undefined` when it is sound. */
export function findControlProblem(given: AbapRow): string | undefined {
  const lengths = new Map<string, number>(Object.entries(controlFields));
  for (const [name, value] of Object.entries(given)) {
    const length = lengths.get(name);
    if (length === undefined) return `The control record has no field ${name}`;
    if (value.length > length) return `The field ${name} of the control record is longer than ${length} characters`;
  }
  for (const name of ["IDOCTYP", "MESTYP", "SNDPRT", "SNDPRN", "RCVPRT", "RCVPRN"]) {
    if ((given[name] ?? "") === "") return `The field ${name} of the control record is empty`;
  }
  return given.TABNAM === "EDI_DC40" ? undefined : "The field TABNAM of the control record is not EDI_DC40";
}
