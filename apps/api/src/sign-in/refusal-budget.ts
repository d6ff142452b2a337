import type { Clock } from "@isthmus/core";

const windowMs = 60_000;
const maxInWindow = 20;
const maxProviders = 1_000;

interface Window {
  readonly sinceMs: number;
  noted: number;
  unnoted: number;
}

/** Bounds how many refused sign-ins are noted: anybody can send tokens, and nobody shall fill a tenant's audit with them. */
export class RefusalBudget {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Takes one of the places that a provider has in a minute.
   *
   * @returns How many refusals went without one before; `undefined` when no place is left.
   */
  take(providerId: string): { readonly unnoted: number } | undefined {
    const now = this.#clock.now();
    const last = this.#windows.get(providerId);
    if (last && now - last.sinceMs < windowMs) {
      if (last.noted < maxInWindow) {
        last.noted += 1;
        return { unnoted: 0 };
      }
      last.unnoted += 1;
      return undefined;
    }
    this.#windows.delete(providerId);
    const [oldest] = this.#windows.size >= maxProviders ? this.#windows.keys() : [];
    if (oldest !== undefined) this.#windows.delete(oldest);
    this.#windows.set(providerId, { sinceMs: now, noted: 1, unnoted: 0 });
    return { unnoted: last?.unnoted ?? 0 };
  }
}
