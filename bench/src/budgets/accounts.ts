/** An account at the measured vendor, and what it allows. */
export interface BenchAccount {
  readonly name: string;
  /** Calls in any ten seconds. */
  readonly count: number;
  /** Calls at work at once. */
  readonly concurrency: number;
}

/** Length of the stretch that the vendor counts in. */
export const perMs = 10_000;

const counts = [5, 10, 15, 20, 25];

/** So many accounts, of 1.5 calls a second each on average. */
export function listAccounts(accounts: number): readonly BenchAccount[] {
  return Array.from({ length: accounts }, (_, index) => ({
    name: `account-${index}`,
    count: counts[index % counts.length] ?? 15,
    concurrency: 4,
  }));
}
