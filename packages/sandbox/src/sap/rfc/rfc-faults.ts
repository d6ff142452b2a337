import { InvalidSettingError } from "../../shared/control-routes.js";

/** Something that goes wrong inside SAP when a function module is called. */
export interface RfcFault {
  /**
   * - `dump`: the session ends in a short dump, an HTML page with status 500;
   * - `system_failure`, `communication_failure`, `logon_failure`: a SOAP fault that names it;
   * - `exception`: the function module raises the classic exception `name`;
   * - `lock`: RETURN says that somebody has the record open; nothing is written;
   * - `message`: RETURN says `type`, `id`, `number`, `message`; nothing is written for E and A.
   */
  kind: "dump" | "system_failure" | "communication_failure" | "logon_failure" | "exception" | "lock" | "message";
  /** The function module. Default: any. */
  module?: string;
  /** Calls to play it on. Default 1. */
  times?: number;
  /** Calls to let through first. Default 0. */
  skip?: number;
  /** The exception of `exception`. */
  name?: string;
  /** The text. Default: one that SAP would write. */
  message?: string;
  /** `E` unless given: the type of `message`. */
  type?: string;
  /** The message class of `message`. */
  id?: string;
  /** The message number of `message`. */
  number?: string;
  /** Who holds the lock of `lock`. Default MMUELLER. */
  user?: string;
}

const kinds: readonly RfcFault["kind"][] = [
  "dump",
  "system_failure",
  "communication_failure",
  "logon_failure",
  "exception",
  "lock",
  "message",
];

const fieldTypes: Readonly<Record<string, "string" | "number">> = {
  module: "string",
  times: "number",
  skip: "number",
  name: "string",
  message: "string",
  type: "string",
  id: "string",
  number: "string",
  user: "string",
};

/** A fault as a control request holds it. @throws {InvalidSettingError} for anything that cannot be played. */
export function readRfcFault(given: Readonly<Record<string, unknown>>): RfcFault {
  const { kind: wanted, ...rest } = given;
  const kind = kinds.find((one) => one === wanted);
  if (kind === undefined) throw new InvalidSettingError(`"kind" must be one of ${kinds.join(", ")}.`);
  for (const [name, value] of Object.entries(rest)) {
    const type = fieldTypes[name];
    if (type === undefined) throw new InvalidSettingError(`A fault has no "${name}".`);
    const whole = type === "string" || (Number.isSafeInteger(value) && Number(value) >= (name === "skip" ? 0 : 1));
    if (typeof value !== type || !whole) throw new InvalidSettingError(`"${name}" must be a ${type}.`);
  }
  return { ...rest, kind };
}

/** The faults that wait for their calls; the oldest that matches is played first. */
export class RfcFaultList {
  #waiting: RfcFault[] = [];

  /** @throws {InvalidSettingError} for a fault that cannot be played. */
  add(fault: RfcFault): void {
    if (fault.kind === "exception" && !fault.name) throw new InvalidSettingError('"exception" needs a "name".');
    if (this.#waiting.length >= 1_000) throw new InvalidSettingError("At most 1000 faults may wait.");
    this.#waiting.push({ ...fault });
  }

  /** Takes the fault to play on a call, if there is one, and counts it. */
  take(module: string): RfcFault | undefined {
    for (const fault of this.#waiting) {
      if (fault.module !== undefined && fault.module !== module) continue;
      if ((fault.skip ?? 0) > 0) {
        fault.skip = (fault.skip ?? 0) - 1;
        continue;
      }
      fault.times = (fault.times ?? 1) - 1;
      if (fault.times <= 0) this.#waiting = this.#waiting.filter((other) => other !== fault);
      return fault;
    }
    return undefined;
  }

  list(): RfcFault[] {
    return this.#waiting.map((fault) => ({ ...fault }));
  }

  clear(): void {
    this.#waiting = [];
  }
}
