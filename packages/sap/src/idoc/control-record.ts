import type { Clock } from "@isthmus/core";
import { toDocnum } from "./arckey.js";

/**
 * Fields of the control record with their lengths in characters, in their order: 524 characters in all.
 * Source: structure `EDI_DC40` as transaction WE60 exports it, "IDoc record types for SAP Release 4.0".
 */
export const controlFields = {
  /** Name of this structure: `EDI_DC40`. */
  TABNAM: 10,
  /** Client. */
  MANDT: 3,
  /** Number of the IDoc, in the sender's system. */
  DOCNUM: 16,
  /** Release of the sender's system. */
  DOCREL: 4,
  /** Status of the IDoc: 30 when it is sent. */
  STATUS: 2,
  /** 1: out of SAP. 2: into it. */
  DIRECT: 1,
  /** Output mode. */
  OUTMOD: 1,
  /** Overrides how the receiver processes it. */
  EXPRSS: 1,
  /** `X`: for trial only. */
  TEST: 1,
  /** Basic type: `ORDERS05`. */
  IDOCTYP: 30,
  /** Extension of the basic type. */
  CIMTYP: 30,
  /** Message type: `ORDERS`. */
  MESTYP: 30,
  /** Message variant. */
  MESCOD: 3,
  /** Message function. */
  MESFCT: 3,
  /** EDI standard. */
  STD: 1,
  /** Version of the EDI standard. */
  STDVRS: 6,
  /** Message of the EDI standard. */
  STDMES: 6,
  /** Port of the sender: `SAP` and the system's id when a system sends. */
  SNDPOR: 10,
  /** Partner type of the sender: `LS` for a logical system. */
  SNDPRT: 2,
  /** Partner function of the sender. */
  SNDPFC: 2,
  /** Partner number of the sender: name of its logical system. */
  SNDPRN: 10,
  /** Address of the sender. */
  SNDSAD: 21,
  /** Logical address of the sender. */
  SNDLAD: 70,
  /** Port of the receiver. */
  RCVPOR: 10,
  /** Partner type of the receiver. */
  RCVPRT: 2,
  /** Partner function of the receiver. */
  RCVPFC: 2,
  /** Partner number of the receiver. */
  RCVPRN: 10,
  /** Address of the receiver. */
  RCVSAD: 21,
  /** Logical address of the receiver. */
  RCVLAD: 70,
  /** Date of creation, `YYYYMMDD`. */
  CREDAT: 8,
  /** Time of creation, `HHMMSS`. */
  CRETIM: 6,
  /** Reference of the transmission. */
  REFINT: 14,
  /** Reference of the message group. */
  REFGRP: 14,
  /** Reference of the message. */
  REFMES: 14,
  /** Key of the document outside: here goes what a lost answer is looked up by. */
  ARCKEY: 70,
  /** Serialization: orders IDocs about the same object. */
  SERIAL: 20,
} as const;

/** Name of a field of the control record. */
export type IdocControlField = keyof typeof controlFields;

/** Control record (`EDI_DC40`): values by field. */
export type IdocControl = { readonly [Field in IdocControlField]?: string };

/** All names of {@link controlFields}, in their order. */
export const controlFieldNames = Object.keys(controlFields) as readonly IdocControlField[];

/** Whether a name is that of a field of the control record. */
export function isControlField(name: string): name is IdocControlField {
  return Object.hasOwn(controlFields, name);
}

/** Who sends to whom, as transaction WE20 of the system knows them. */
export interface IdocPartners {
  /** Our port. */
  readonly SNDPOR: string;
  /** Our partner type. Default `LS`. */
  readonly SNDPRT?: string;
  /** Our partner number: the logical system that stands for us. */
  readonly SNDPRN: string;
  /** The system's port: `SAP` and its id. */
  readonly RCVPOR: string;
  /** The system's partner type. Default `LS`. */
  readonly RCVPRT?: string;
  /** The system's partner number: its logical system, `S4HCLNT100`. */
  readonly RCVPRN: string;
}

/** What control records are completed with. */
export interface IdocDefaults {
  /** Three digits. */
  readonly client: string;
  readonly partners: IdocPartners;
  readonly clock: Clock;
}

/**
 * Fills in what a control record leaves out: the partners, the client, the moment (UTC), the direction into SAP. `SERIAL` is
 * the moment in milliseconds and the place within the transmission, so that SAP can tell the younger of two.
 *
 * @param place - Of the IDoc within its transmission, from 0.
 * @param arckey - What a lost answer is looked up by. `DOCNUM` is made of it; SAP gives the IDoc a number of its own beside.
 */
export function completeControl(
  control: IdocControl,
  defaults: IdocDefaults,
  place: number,
  arckey: string,
): IdocControl {
  const moment = new Date(defaults.clock.now()).toISOString().replaceAll(/\D/g, "");
  const completed: IdocControl = {
    TABNAM: "EDI_DC40",
    MANDT: defaults.client,
    DOCNUM: toDocnum(arckey),
    DIRECT: "2",
    SNDPRT: "LS",
    RCVPRT: "LS",
    CREDAT: moment.slice(0, 8),
    CRETIM: moment.slice(8, 14),
    SERIAL: `${moment.slice(0, 17)}${String(place % 1000).padStart(3, "0")}`,
    ...defaults.partners,
    ARCKEY: arckey,
  };
  const given = Object.fromEntries(Object.entries(control).filter(([, value]) => value !== undefined));
  return { ...completed, ...given };
}
