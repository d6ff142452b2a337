/** One side of a transaction in one account. */
export interface Posting {
  accountId: string;
  /** Cents; a credit is negative. Never zero in a ledger entry. */
  debit: bigint;
  customerId?: string | undefined;
  vendorId?: string | undefined;
  memo?: string | undefined;
}

/** What a transaction does to the books. Its debits equal its credits. */
export interface LedgerEntry {
  /** As in the API, such as `Invoice`. */
  entity: string;
  id: string;
  /** The day it counts, such as `2026-11-26`. */
  date: string;
  /** `DocNumber`; empty where there is none. */
  number: string;
  postings: readonly Posting[];
}

/**
 * Makes the debits equal the credits: what is left over goes to the first of `parts`, or to `fallbackId`.
 *
 * Lines can add up to something else than the total: prices that include their tax, lines that name no account.
 */
export function balance(total: Posting, parts: readonly Posting[], fallbackId: string): Posting[] {
  const left = -parts.reduce((sum, part) => sum + part.debit, total.debit);
  const [first, ...others] = parts;
  const adjusted =
    first === undefined
      ? [{ ...total, accountId: fallbackId, debit: left }]
      : [{ ...first, debit: first.debit + left }, ...others];
  return [total, ...adjusted].filter((posting) => posting.debit !== 0n);
}
