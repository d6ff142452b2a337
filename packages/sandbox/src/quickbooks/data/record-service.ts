import type { Clock } from "../../shared/clock.js";
import { invalidRequest, objectNotFound, QuickbooksFault, requiredMissing, unsupportedOperation } from "../errors.js";
import { type CompanyRecords, maximumRecords } from "./company-records.js";
import { completeRecord } from "./complete-record.js";
import { Consequences } from "./consequences.js";
import type { EntityDefinition } from "./entities.js";
import { type Fields, objectIn, textIn, valueAt } from "./json.js";
import { centsOf } from "./money.js";
import { assertDocNumberIsFree } from "./names.js";
import type { ChangeOperation, JsonObject, QuickbooksRecord } from "./records.js";
import { toRecordTime } from "./time.js";
import { asRecord, nextVersion } from "./versions.js";
import { voidFields } from "./void-record.js";

/** What a caller may ask for beside the record itself. */
export interface WriteOptions {
  /** `include=allowduplicatedocnum`. */
  allowDuplicateDocNumber?: boolean;
}

/** Fields that are QuickBooks' own: whatever a caller sends there is passed over. */
const systemFields = ["Id", "SyncToken", "MetaData", "domain", "sparse", "status"];
/** Fields that follow from others or from other records. A full update does not clear them. */
const derivedFields = [
  "Balance",
  "BalanceWithJobs",
  "CurrentBalance",
  "CurrentBalanceWithSubAccounts",
  "LinkedTxn",
  "EmailStatus",
  "DeliveryInfo",
  "FileAccessUri",
  "TempDownloadUri",
  "Size",
];

/** Creates, changes, voids and deletes the records of one company, with everything that follows from it. */
export class RecordService {
  readonly #records: CompanyRecords;
  readonly #clock: Clock;
  readonly #consequences: Consequences;

  constructor(records: CompanyRecords, clock: Clock) {
    this.#records = records;
    this.#clock = clock;
    this.#consequences = new Consequences(records, clock);
  }

  /** @throws {QuickbooksFault} 610 when there is none, or it was deleted. */
  read(definition: EntityDefinition, id: string): QuickbooksRecord {
    const record = this.#records.get(definition.name, id);
    if (record === undefined) throw objectNotFound();
    return record;
  }

  /** @throws {QuickbooksFault} for everything that the accounting rules refuse; nothing is changed then. */
  create(definition: EntityDefinition, input: JsonObject, options: WriteOptions = {}): QuickbooksRecord {
    if (definition.kind === "singleton" || definition.kind === "readOnly") {
      throw unsupportedOperation(`Operation create is not supported on ${definition.name}.`);
    }
    if (this.#records.count(definition.name) >= maximumRecords) {
      throw invalidRequest(`This sandbox keeps at most ${maximumRecords} of each entity. Delete some, or reset it.`);
    }
    for (const field of definition.required) assertPresent(definition, input, field);
    return this.#records.transact(() => {
      const id = this.#records.nextId(definition);
      const now = toRecordTime(this.#clock());
      const fields: Fields = {
        ...withoutNulls(without(input, [...systemFields, "Balance", "BalanceWithJobs"])),
        domain: "QBO",
        sparse: false,
        Id: id,
        SyncToken: "0",
        MetaData: { CreateTime: now, LastUpdatedTime: now },
      };
      return this.#write(definition, fields, undefined, "Create", options);
    });
  }

  /** A full update clears what is left out; with `sparse: true` it stays. */
  update(definition: EntityDefinition, input: JsonObject, options: WriteOptions = {}): QuickbooksRecord {
    if (definition.kind === "readOnly")
      throw unsupportedOperation(`Operation update is not supported on ${definition.name}.`);
    const before = this.#current(definition, input);
    if (input.Active === false) assertNothingOwed(definition, before);
    const isSparse = input.sparse === true || input.sparse === "true";
    const kept = isSparse ? before : pick(before, derivedFields);
    const active: JsonObject = before.Active === undefined ? {} : { Active: before.Active };
    return this.#records.transact(() => {
      const fields: Fields = withoutNulls({
        ...active,
        ...kept,
        ...without(input, [...systemFields, ...derivedFields]),
      });
      // The tax that was stated or worked out for other lines is no answer for these.
      if (isSparse && input.Line !== undefined && input.TxnTaxDetail === undefined) {
        fields.TxnTaxDetail = without(objectIn(before, "TxnTaxDetail"), ["TotalTax", "TaxLine"]);
      }
      for (const field of definition.required) assertPresent(definition, fields, field);
      return this.#write(definition, { ...fields, ...nextVersion(before, this.#clock()) }, before, "Update", options);
    });
  }

  /** Deletes, and unties whatever was tied to it. @returns what the API answers in place of the record. */
  delete(definition: EntityDefinition, input: JsonObject): JsonObject {
    if (definition.kind !== "transaction" && definition.kind !== "other") {
      throw unsupportedOperation(`Operation Delete is not supported on ${definition.name}.`);
    }
    const before = this.#current(definition, input);
    this.#records.transact(() => {
      this.#consequences.untie(definition, before);
      const untied = this.read(definition, before.Id);
      this.#records.remove(definition.name, before.Id);
      this.#consequences.follow(definition, untied, undefined);
    });
    return { domain: "QBO", status: "Deleted", Id: before.Id };
  }

  /** Sets all amounts to zero and keeps the record. */
  void(definition: EntityDefinition, input: JsonObject): QuickbooksRecord {
    if (!definition.voidable) throw unsupportedOperation(`Operation Void is not supported on ${definition.name}.`);
    const before = this.#current(definition, input);
    return this.#records.transact(() => {
      this.#consequences.untie(definition, before);
      const untied = this.read(definition, before.Id);
      const fields = { ...voidFields(untied), ...nextVersion(before, this.#clock()) };
      return this.#write(definition, fields, untied, "Void", { allowDuplicateDocNumber: true });
    });
  }

  /** Changes single fields from inside: no rule is applied but the version moves on. */
  amend(definition: EntityDefinition, id: string, changes: JsonObject, operation: ChangeOperation): QuickbooksRecord {
    const before = this.read(definition, id);
    const record = asRecord({ ...before, ...changes, ...nextVersion(before, this.#clock()) });
    return this.#records.transact(() => {
      this.#records.put(definition.name, record, operation);
      return record;
    });
  }

  /** The stored version of what a caller wants to change. @throws {QuickbooksFault} 2020, 610, 5010. */
  #current(definition: EntityDefinition, input: JsonObject): QuickbooksRecord {
    const id = textIn(input, "Id");
    if (id === undefined) throw requiredMissing("Id");
    const before = this.read(definition, id);
    const syncToken = textIn(input, "SyncToken");
    if (syncToken === undefined) throw requiredMissing("SyncToken");
    if (syncToken !== before.SyncToken) {
      throw new QuickbooksFault(
        "5010",
        "Stale Object Error",
        "Stale Object Error : You and someone else were working on this at the same time. They finished before you did, so your work was not saved.",
      );
    }
    return before;
  }

  #write(
    definition: EntityDefinition,
    draft: Fields,
    before: QuickbooksRecord | undefined,
    operation: ChangeOperation,
    options: WriteOptions,
  ): QuickbooksRecord {
    const record = asRecord(completeRecord(definition, draft, before, this.#records, this.#clock()));
    const docNumber = textIn(record, "DocNumber");
    if (docNumber !== undefined && definition.numbering !== undefined && options.allowDuplicateDocNumber !== true) {
      assertDocNumberIsFree(definition.name, docNumber, record.Id, this.#records);
    }
    this.#records.put(definition.name, record, operation);
    this.#consequences.follow(definition, before, record);
    return record;
  }
}

/** Making a name inactive is how it is deleted. @throws {QuickbooksFault} 6220 when money is still owed. */
function assertNothingOwed(definition: EntityDefinition, record: QuickbooksRecord): void {
  if (definition.name !== "Customer" && definition.name !== "Vendor") return;
  if (record.Active === false || centsOf(record.Balance) === 0n) return;
  throw new QuickbooksFault(
    "6220",
    "Delete List Has Balance Error",
    `The entity you are trying to delete has an open balance. : This ${definition.name.toLowerCase()} cannot be deleted because it has a non-zero balance`,
  );
}

function assertPresent(definition: EntityDefinition, fields: JsonObject, alternatives: string): void {
  // People and companies: the name may be worked out of its parts, which happens later.
  if (alternatives === "DisplayName") return;
  const present = alternatives.split("|").some((path) => {
    const value = valueAt(fields, path);
    return value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);
  });
  const [first = definition.name] = alternatives.split("|");
  if (!present) throw requiredMissing(first);
}

function without(fields: JsonObject, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

function pick(fields: JsonObject, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

/** QuickBooks returns only what has a value: null and empty text clear a field. */
function withoutNulls(fields: JsonObject): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== ""));
}
