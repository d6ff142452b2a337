import type { Clock } from "@isthmus/core";

/** Between looks while the sink takes nothing: all that waits would be tried in vain, one after the other. */
const longestRestMs = 10_000;
/** The same of a tenant of which it takes nothing. */
const longestTenantRestMs = 60_000;
/** Within which a sink that has taken others is there: what it fails on then is the event. */
const thereForMs = 60_000;

/** What a sink said last, as far as this process has heard. */
export class SinkState {
  readonly #clock: Clock;
  readonly #blocked = new Map<string, { readonly rests: number; readonly untilMs: number }>();
  #failures = 0;
  #restsUntilMs = 0;
  #tookAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that it took an event of a tenant. @returns whether it took none of that tenant before. */
  took(tenantId: string): boolean {
    this.#failures = 0;
    this.#tookAtMs = this.#clock.now();
    return this.#blocked.delete(tenantId);
  }

  /** @returns failures since it took something last. */
  failed(): number {
    this.#failures += 1;
    this.#restsUntilMs = this.#clock.now() + Math.min(longestRestMs, 100 * 2 ** Math.min(this.#failures, 10));
    return this.#failures;
  }

  /** Notes that it takes no event of a tenant, which then rests, longer each time. @returns whether that is new. */
  blocks(tenantId: string): boolean {
    const now = this.#clock.now();
    const { rests, untilMs } = this.#blocked.get(tenantId) ?? { rests: 0, untilMs: now };
    // Those that were under way together are one answer.
    if (now < untilMs) return false;
    this.#blocked.set(tenantId, {
      rests: rests + 1,
      untilMs: now + Math.min(longestTenantRestMs, 1_000 * 2 ** Math.min(rests, 10)),
    });
    return rests === 0;
  }

  /** Tenants of which nothing is to be tried just now. */
  get restingTenants(): readonly string[] {
    const now = this.#clock.now();
    return [...this.#blocked].filter(([, { untilMs }]) => now < untilMs).map(([tenantId]) => tenantId);
  }

  /** Whether nothing is to be tried just now. */
  get rests(): boolean {
    return this.#clock.now() < this.#restsUntilMs;
  }

  /** Whether it has taken nothing since something failed. */
  get isAway(): boolean {
    return this.#failures > 0;
  }

  /** Whether it has taken something of late. */
  get isThere(): boolean {
    return this.#clock.now() < this.#tookAtMs + thereForMs;
  }
}
