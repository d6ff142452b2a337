import type { Clock, RandomBytes } from "../../shared/clock.js";
import type { AbapRow, BusinessData } from "../business-data.js";
import type { AbapType } from "./abap-types.js";
import type { RfcFaultList } from "./rfc-faults.js";
import type { RfcSettings } from "./rfc-settings.js";

/** Who is logged on. */
export interface SapUser {
  /** Upper case, such as `ISTHMUS`. */
  name: string;
  /** One letter, such as `E`. */
  language: string;
}

/** A table that RFC_READ_TABLE can read. */
export interface DatabaseTable {
  readonly name: string;
  readonly fields: readonly DatabaseField[];
  /** Rows of the client, in the order of their keys. */
  rows(): Iterable<AbapRow>;
}

/** One column of a table. */
export interface DatabaseField {
  readonly name: string;
  readonly type: AbapType;
  /** Its label. */
  readonly text: string;
}

/** What function modules work on. */
export interface RfcSystem {
  clock: Clock;
  random: RandomBytes;
  settings: RfcSettings;
  faults: RfcFaultList;
  /** Three letters, such as `ISH`. */
  systemId: string;
  /** Three digits, such as `100`. */
  client: string;
  business: BusinessData;
  /** Tables beside KNA1, MARA, VBAK and VBAP, such as those of the IDocs. */
  tables: () => readonly DatabaseTable[];
}
