/** An account at the measured vendor, and what it allows. */
export interface BenchAccount {
  readonly name: string;
  /** Calls in any stretch of {@link BenchAccount.perMs}. */
  readonly count: number;
  readonly perMs: number;
  /** Calls at work at once. */
  readonly concurrency: number;
}

const callsPerSecond = [0.5, 1, 1.5, 2, 2.5];

/** So many accounts, of 1.5 calls a second each on average, counted in stretches of so many seconds. */
export function listAccounts(accounts: number, stretchSeconds: number): readonly BenchAccount[] {
  return Array.from({ length: accounts }, (_, index) => ({
    name: `account-${index}`,
    count: (callsPerSecond[index % callsPerSecond.length] ?? 1.5) * stretchSeconds,
    perMs: stretchSeconds * 1_000,
    concurrency: 4,
  }));
}
