import { businessValidation, invalidRequest, objectNotFound, requiredMissing } from "../errors.js";
import type { CompanyRecords } from "./company-records.js";
import { type Fields, objectsIn, referenceIn, textIn } from "./json.js";
import { centsOf, toAmount } from "./money.js";
import type { JsonObject, QuickbooksRecord } from "./records.js";

/** What each kind of payment pays, and with which credits beside the money. */
const paid: Readonly<Record<string, { debt: string; credit: string; holder: string }>> = {
  Payment: { debt: "Invoice", credit: "CreditMemo", holder: "CustomerRef" },
  BillPayment: { debt: "Bill", credit: "VendorCredit", holder: "VendorRef" },
};

/** Entities that have a `Balance` which payments bring down. */
const settled: Readonly<Record<string, string>> = {
  Invoice: "Payment",
  CreditMemo: "Payment",
  Bill: "BillPayment",
  VendorCredit: "BillPayment",
};

/**
 * How the `LinkedTxn` of a paid transaction names what paid it. A bill payment is a `BillPaymentCheck` there, and Intuit's
 * TxnTypeEnum has no name for one by card.
 * @see https://developer.intuit.com/app/developer/qbo/docs/api/accounting/most-commonly-used/bill
 */
const linkTypes: Readonly<Record<string, string>> = { Payment: "Payment", BillPayment: "BillPaymentCheck" };

/** The entity of the payment that a `LinkedTxn` names; `undefined`: it names no payment. */
export function payerOf(linkType: unknown): string | undefined {
  return Object.keys(linkTypes).find((entity) => linkTypes[entity] === linkType);
}

/** One transaction that a payment is applied to, or a credit that it uses. */
export interface Link {
  entity: string;
  id: string;
  cents: bigint;
}

/**
 * Works out what is left of a payment (`UnappliedAmt`), and of a transaction that can be paid (`Balance`).
 *
 * @throws {QuickbooksFault} when a payment points at nothing, or at more than it has.
 */
export function completeSettlement(entity: string, fields: Fields, id: string, records: CompanyRecords): void {
  const kind = paid[entity];
  if (kind !== undefined) completePayment(kind, entity, fields, records);
  const payer = settled[entity];
  if (payer !== undefined) setBalance(entity, fields, id, records);
}

function completePayment(
  kind: { debt: string; credit: string; holder: string },
  entity: string,
  fields: Fields,
  records: CompanyRecords,
): void {
  const total = centsOf(fields.TotalAmt);
  if (total < 0n) throw invalidRequest("Amount must not be negative", "TotalAmt");
  let applied = 0n;
  for (const link of linksOf(entity, fields)) {
    const target = records.get(link.entity, link.id);
    if (target === undefined) throw objectNotFound();
    if (!isHeldBy(target, kind.holder, referenceIn(fields, kind.holder), records)) {
      throw businessValidation(`The ${kind.debt} belongs to another ${kind.holder.replace("Ref", "").toLowerCase()}.`);
    }
    applied += link.entity === kind.debt ? link.cents : -link.cents;
  }
  if (applied > total) throw businessValidation("The amount applied is more than the amount of the payment.");
  fields.TotalAmt = toAmount(total);
  if (Array.isArray(fields.Line)) {
    fields.Line = objectsIn(fields, "Line").map((line) => ({ ...line, Amount: toAmount(centsOf(line.Amount)) }));
  }
  if (entity !== "Payment") return;
  fields.UnappliedAmt = toAmount(total - applied);
  fields.ProcessPayment ??= false;
}

/** A payment settles what its own customer or vendor owes; a customer may pay for the jobs below it too. */
function isHeldBy(target: JsonObject, field: string, holderId: string | undefined, records: CompanyRecords): boolean {
  let id = referenceIn(target, field);
  while (id !== undefined && id !== holderId) {
    const holder = field === "CustomerRef" ? records.get("Customer", id) : undefined;
    id = holder === undefined ? undefined : referenceIn(holder, "ParentRef");
  }
  return id !== undefined;
}

function setBalance(entity: string, fields: Fields, id: string, records: CompanyRecords): void {
  const total = centsOf(fields.TotalAmt) - (entity === "Invoice" ? centsOf(fields.Deposit) : 0n);
  const left = total - appliedTo(entity, fields, id, records);
  if (left < 0n) throw businessValidation("The amount applied is more than the open balance of the transaction.");
  fields.Balance = toAmount(left);
  if (entity === "CreditMemo") fields.RemainingCredit = toAmount(left);
}

function appliedTo(entity: string, fields: JsonObject, id: string, records: CompanyRecords): bigint {
  const payer = settled[entity] ?? "";
  const payments = objectsIn(fields, "LinkedTxn")
    .filter((link) => payerOf(link.TxnType) === payer)
    .flatMap((link) => records.get(payer, textIn(link, "TxnId") ?? "") ?? []);
  const links = payments.flatMap((payment) => linksOf(payer, payment));
  return links.filter((link) => link.entity === entity && link.id === id).reduce((sum, link) => sum + link.cents, 0n);
}

/** What a payment is applied to. @throws {QuickbooksFault} for a link that names no transaction. */
export function linksOf(entity: string, payment: JsonObject): Link[] {
  const kind = paid[entity];
  if (kind === undefined) return [];
  return objectsIn(payment, "Line").flatMap((line) =>
    objectsIn(line, "LinkedTxn")
      .filter((link) => link.TxnType === kind.debt || link.TxnType === kind.credit)
      .map((link) => {
        const id = textIn(link, "TxnId");
        if (id === undefined) throw requiredMissing("TxnId");
        return { entity: String(link.TxnType), id, cents: centsOf(line.Amount) };
      }),
  );
}

/** The transactions whose balance a change of this payment may move, each once. */
export function settledBy(entity: string, ...versions: (JsonObject | undefined)[]): { entity: string; id: string }[] {
  const links = versions.flatMap((version) => (version === undefined ? [] : linksOf(entity, version)));
  return [
    ...new Map(links.map((link) => [`${link.entity}:${link.id}`, { entity: link.entity, id: link.id }])).values(),
  ];
}

/** The paid transaction with its links and balance brought up to date after `payment` was written or taken away. */
export function settleTarget(
  target: QuickbooksRecord,
  entity: string,
  payer: string,
  payerId: string,
  records: CompanyRecords,
): Fields {
  const payment = records.get(payer, payerId);
  const stillLinked =
    payment !== undefined && linksOf(payer, payment).some((link) => link.entity === entity && link.id === target.Id);
  const others = objectsIn(target, "LinkedTxn").filter(
    (link) => !(payerOf(link.TxnType) === payer && textIn(link, "TxnId") === payerId),
  );
  const fields: Fields = {
    ...target,
    LinkedTxn: stillLinked ? [...others, { TxnId: payerId, TxnType: linkTypes[payer] ?? payer }] : others,
  };
  setBalance(entity, fields, target.Id, records);
  return fields;
}

/** The payment without its links to one transaction, which is about to go. */
export function unlink(
  payment: QuickbooksRecord,
  payer: string,
  entity: string,
  id: string,
  records: CompanyRecords,
): Fields {
  const lines = objectsIn(payment, "Line").filter(
    (line) => !objectsIn(line, "LinkedTxn").some((link) => link.TxnType === entity && textIn(link, "TxnId") === id),
  );
  const fields: Fields = { ...payment, Line: lines };
  completeSettlement(payer, fields, payment.Id, records);
  return fields;
}

/** What a record adds to the `Balance` of its customer or vendor, in cents. */
export function owedBy(
  entity: string,
  record: JsonObject | undefined,
): { entity: string; id: string; cents: bigint } | undefined {
  if (record === undefined) return undefined;
  const amounts: Readonly<Record<string, [string, string, bigint]>> = {
    Invoice: ["Customer", "CustomerRef", centsOf(record.Balance)],
    CreditMemo: ["Customer", "CustomerRef", -centsOf(record.Balance)],
    Payment: ["Customer", "CustomerRef", -centsOf(record.UnappliedAmt)],
    Bill: ["Vendor", "VendorRef", centsOf(record.Balance)],
    VendorCredit: ["Vendor", "VendorRef", -centsOf(record.Balance)],
  };
  const [holder, reference, cents] = amounts[entity] ?? ["", "", 0n];
  const id = referenceIn(record, reference);
  return id === undefined ? undefined : { entity: holder, id, cents };
}
