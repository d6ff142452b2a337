import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock, RandomBytes } from "../../shared/clock.js";
import type { AbapRow, BusinessData } from "../business-data.js";
import type { AbapType } from "./abap-types.js";
import type { FunctionModule } from "./function-module.js";
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

/** What the SOAP RFC handler stands on. */
export interface RfcParts {
  clock: Clock;
  random: RandomBytes;
  settings: RfcSettings;
  faults: RfcFaultList;
  /** Three letters, such as `ISH`. */
  systemId: string;
  /** Three digits, such as `100`. */
  client: string;
  /** Where the sandbox is reached, without a slash at its end. */
  baseUrl: () => string;
  /** The user of a request. `undefined`: the logon was refused and `reply` answered (401, HTML). */
  logon: (request: FastifyRequest, reply: FastifyReply) => SapUser | undefined | Promise<SapUser | undefined>;
  business: BusinessData;
  /** Tables beside KNA1, MARA, VBAK and VBAP, such as those of the IDocs. */
  tables: () => readonly DatabaseTable[];
  /** Function modules beside those of this room, such as the one that takes IDocs. */
  modules: readonly FunctionModule[];
}
