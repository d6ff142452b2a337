import { BoundedMap } from "../../shared/bounded-map.js";
import type { Clock } from "../../shared/clock.js";
import { type AbapRow, abapDate, abapTime } from "../business-data.js";
import type { IdocMessage } from "./idoc-document.js";

/** One status record of an IDoc (table EDIDS). */
export interface IdocStatus {
  /** Two digits: 50 added, 56 with errors added, 60 syntax error, 64 ready, 62 passed on, 53 posted, 51 not posted; 01, 30, 03, 02 outbound. */
  readonly status: string;
  readonly text: string;
  /** Message class and number; `""` and `000` where the text is no message. */
  readonly messageId: string;
  readonly messageNumber: string;
  /** `YYYYMMDD` and `HHMMSS`. */
  readonly date: string;
  readonly time: string;
}

/** An IDoc in the database. */
export interface StoredIdoc extends IdocMessage {
  /** This system's own number, sixteen digits. */
  readonly docnum: string;
  /** The number that the sender gave it; `""` for none, and for outbound ones. */
  readonly senderDocnum: string;
  /** 1 outbound, 2 inbound. */
  readonly direction: "1" | "2";
  /** Oldest first. */
  readonly statuses: readonly IdocStatus[];
}

const names: Readonly<Record<string, string>> = {
  "01": "IDoc generated",
  "02": "Error passing data to port",
  "03": "Data passed to port OK",
  "30": "IDoc ready for dispatch (ALE service)",
  "50": "IDoc added",
  "51": "Application document not posted",
  "53": "Application document posted",
  "56": "IDoc with errors added",
  "60": "Error during syntax check of IDoc (inbound)",
  "62": "IDoc passed to application",
  "64": "IDoc ready to be transferred to application",
};

interface HeldIdoc extends StoredIdoc {
  readonly statuses: IdocStatus[];
}

/** The IDocs of the system, at most 10 000: the oldest is archived for a new one. */
export class IdocStore {
  readonly #clock: Clock;
  readonly #idocs = new BoundedMap<string, HeldIdoc>(10_000);
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Stores an IDoc under a number of its own. */
  add(message: IdocMessage, direction: "1" | "2", client: string): StoredIdoc {
    this.#last += 1;
    const docnum = String(this.#last).padStart(16, "0");
    const control: AbapRow = { ...message.control, MANDT: client, DOCNUM: docnum, DIRECT: direction };
    const senderDocnum = direction === "2" ? (message.control.DOCNUM ?? "") : "";
    const stored: HeldIdoc = { control, segments: message.segments, docnum, senderDocnum, direction, statuses: [] };
    this.#idocs.set(docnum, stored);
    return stored;
  }

  /** Adds a status; the last one is the IDoc's. */
  addStatus(docnum: string, status: string, text?: string, message?: { id: string; number: string }): void {
    const now = this.#clock();
    const statuses = this.#idocs.get(docnum)?.statuses ?? [];
    // An IDoc that is sent again and again must not grow without end.
    if (statuses.length >= 1_000) statuses.shift();
    statuses.push({
      status,
      text: text ?? names[status] ?? "",
      messageId: message?.id ?? "",
      messageNumber: message?.number ?? "000",
      date: abapDate(now),
      time: abapTime(now),
    });
  }

  find(docnum: string): StoredIdoc | undefined {
    return this.#idocs.get(docnum);
  }

  /** Oldest first. */
  list(): readonly StoredIdoc[] {
    return [...this.#idocs.values()];
  }

  clear(): void {
    this.#idocs.clear();
    this.#last = 0;
  }
}

/** The status that an IDoc has now. */
export function statusOf({ statuses }: StoredIdoc): string {
  return statuses.at(-1)?.status ?? "";
}
