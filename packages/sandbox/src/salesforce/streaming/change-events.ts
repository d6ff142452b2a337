import type { Clock } from "../../shared/clock.js";
import type { RecordChange } from "../data/change-journal.js";
import type { ObjectDefinition } from "../schema/definitions.js";
import { currentOrigin } from "./change-origin.js";
import { changedPayload, schemaIdOf, wholePayload } from "./change-payload.js";
import type { EventBus } from "./event-bus.js";

/** What a header says a change was. */
export type ChangeType = "CREATE" | "UPDATE" | "DELETE" | "UNDELETE";

/** An event that tells of changes without their content, as Salesforce sends when it cannot do better. */
export interface GapEvent {
  /** `GAP_CREATE`, `GAP_UPDATE`, `GAP_DELETE`, `GAP_UNDELETE` or `GAP_OVERFLOW`. */
  changeType: string;
  object: ObjectDefinition;
  /** Of an overflow always one that stands for all. */
  recordIds: readonly string[];
  userId: string;
}

const changeTypes: Readonly<Record<RecordChange["kind"], ChangeType>> = {
  create: "CREATE",
  update: "UPDATE",
  delete: "DELETE",
  undelete: "UNDELETE",
};

/** Publishes an event for each change of a record. */
export class ChangeEvents {
  readonly #bus: EventBus;
  readonly #clock: Clock;
  #transactions = 0;

  constructor(bus: EventBus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** Publishes what one transaction did; the same change of several records is one event with their ids. */
  publish(changes: readonly RecordChange[]): void {
    this.#transactions += 1;
    const merged = new Map<
      string,
      { change: RecordChange; ids: string[]; changed: string[]; fields: Record<string, unknown> }
    >();
    for (const change of changes) {
      const { changedFields, fields } = describeChange(change);
      const key = JSON.stringify([change.object.name, change.kind, change.userId, changedFields, fields]);
      const same = merged.get(key);
      if (same === undefined) merged.set(key, { change, ids: [String(change.row.Id)], changed: changedFields, fields });
      else if (!same.ids.includes(String(change.row.Id))) same.ids.push(String(change.row.Id));
    }
    let sequenceNumber = 0;
    for (const { change, ids, changed, fields } of merged.values()) {
      sequenceNumber += 1;
      const header = this.#header(change.object, changeTypes[change.kind], ids, change.userId, sequenceNumber);
      this.#send(change.object, { ChangeEventHeader: { ...header, changedFields: changed }, ...fields });
    }
  }

  /** Publishes a gap or overflow event: a header and nothing else. */
  publishGap(gap: GapEvent): void {
    this.#transactions += 1;
    const ids = gap.changeType === "GAP_OVERFLOW" ? ["000000000000000AAA"] : gap.recordIds;
    const header = this.#header(gap.object, gap.changeType, ids, gap.userId, 1);
    this.#send(gap.object, { ChangeEventHeader: { ...header, changedFields: [] } });
  }

  #header(
    object: ObjectDefinition,
    changeType: string,
    ids: readonly string[],
    commitUser: string,
    sequenceNumber: number,
  ) {
    return {
      entityName: object.name,
      recordIds: [...ids],
      changeType,
      changeOrigin: currentOrigin(),
      transactionKey: `${this.#transactions.toString(16).padStart(8, "0")}-a642-11f0-c29b-229c6786473e`,
      sequenceNumber,
      commitTimestamp: this.#clock(),
      commitNumber: 10_584_470_000_000 + this.#transactions * 17,
      commitUser,
    };
  }

  #send(object: ObjectDefinition, payload: Record<string, unknown>): void {
    this.#bus.publish(["/data/ChangeEvents", changeChannelOf(object)], schemaIdOf(object), payload);
  }
}

/** `/data/AccountChangeEvent`, or `/data/Invoice__ChangeEvent` for a custom object. */
export function changeChannelOf(object: ObjectDefinition): string {
  return object.custom ? `/data/${object.name.replace(/__c$/, "__ChangeEvent")}` : `/data/${object.name}ChangeEvent`;
}

function describeChange(change: RecordChange): { changedFields: string[]; fields: Record<string, unknown> } {
  const { kind, object, row } = change;
  if (kind === "delete") return { changedFields: [], fields: {} };
  // Only an update names its fields; the other kinds have all of them.
  if (kind !== "update") return { changedFields: [], fields: wholePayload(object, row) };
  return changedPayload(object, row, [...change.changed, "LastModifiedDate"]);
}
