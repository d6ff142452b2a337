import type { Clock } from "../../shared/clock.js";
import type { CompanyRecords } from "./company-records.js";
import type { EntityDefinition } from "./entities.js";
import { objectIn, objectsIn, referenceIn, textIn } from "./json.js";
import { centsOf, toAmount } from "./money.js";
import type { JsonObject, QuickbooksRecord } from "./records.js";
import { nameOf } from "./references.js";
import { owedBy, payerOf, settledBy, settleTarget, unlink } from "./settlement.js";
import { asRecord, nextVersion } from "./versions.js";

/** What a change of one record means for others: balances of what it pays, and of customers and vendors. */
export class Consequences {
  readonly #records: CompanyRecords;
  readonly #clock: Clock;

  constructor(records: CompanyRecords, clock: Clock) {
    this.#records = records;
    this.#clock = clock;
  }

  /** Brings up to date what depends on a record: the balances of what it pays, and of its customer or vendor. */
  follow(
    definition: EntityDefinition,
    before: QuickbooksRecord | undefined,
    after: QuickbooksRecord | undefined,
  ): void {
    const id = after?.Id ?? before?.Id ?? "";
    for (const target of settledBy(definition.name, before, after)) {
      const record = this.#records.get(target.entity, target.id);
      if (record === undefined) continue;
      const fields = settleTarget(record, target.entity, definition.name, id, this.#records);
      const next = asRecord({ ...fields, ...nextVersion(record, this.#clock()) });
      this.#records.put(target.entity, next, "Update");
      this.#moveBalance(target.entity, record, next);
    }
    this.#moveBalance(definition.name, before, after);
    if (definition.kind === "list" && before !== undefined && after !== undefined) this.#rename(definition.name, after);
  }

  /** What stands below a name carries the name in its own. */
  #rename(entity: string, parent: QuickbooksRecord): void {
    for (const child of this.#records.all(entity)) {
      if (referenceIn(child, "ParentRef") !== parent.Id) continue;
      const own = textIn(child, "DisplayName") ?? textIn(child, "Name") ?? "";
      const FullyQualifiedName = `${nameOf(parent)}:${own}`;
      if (child.FullyQualifiedName === FullyQualifiedName) continue;
      const renamed = {
        ...child,
        FullyQualifiedName,
        ParentRef: { ...objectIn(child, "ParentRef"), name: nameOf(parent) },
      };
      this.#records.put(entity, renamed);
      this.#rename(entity, renamed);
    }
  }

  #moveBalance(entity: string, before: JsonObject | undefined, after: JsonObject | undefined): void {
    for (const [owed, sign] of [
      [owedBy(entity, before), -1n],
      [owedBy(entity, after), 1n],
    ] as const) {
      if (owed === undefined || owed.cents === 0n) continue;
      const holder = this.#records.get(owed.entity, owed.id);
      if (holder === undefined) continue;
      const Balance = toAmount(centsOf(holder.Balance) + sign * owed.cents);
      const withJobs: JsonObject = owed.entity === "Customer" ? { BalanceWithJobs: Balance } : {};
      this.#records.put(owed.entity, { ...holder, Balance, ...withJobs });
    }
  }

  /** Takes payments off a transaction that goes or becomes nothing; their money becomes unapplied. */
  untie(definition: EntityDefinition, record: QuickbooksRecord): void {
    for (const link of objectsIn(record, "LinkedTxn")) {
      const payer = payerOf(link.TxnType);
      if (payer === undefined) continue;
      const payment = this.#records.get(payer, textIn(link, "TxnId") ?? "");
      if (payment === undefined) continue;
      const fields = unlink(payment, payer, definition.name, record.Id, this.#records);
      const next = asRecord({ ...fields, ...nextVersion(payment, this.#clock()) });
      this.#records.put(payer, next, "Update");
      this.#moveBalance(payer, payment, next);
      const target = this.#records.get(definition.name, record.Id) ?? record;
      const settledTarget = asRecord(settleTarget(target, definition.name, payer, payment.Id, this.#records));
      this.#records.put(definition.name, settledTarget);
      this.#moveBalance(definition.name, target, settledTarget);
    }
  }
}
