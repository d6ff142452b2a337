import type { Clock } from "../shared/clock.js";
import { throttleExceeded } from "./gateway-fault.js";
import type { QuickbooksSettings } from "./settings.js";

const minute = 60_000;

/** Counts requests against Intuit's documented limits. All windows slide. */
export class Throttle {
  readonly #clock: Clock;
  readonly #settings: QuickbooksSettings;
  readonly #times = new Map<string, number[]>();
  readonly #open = new Map<string, number>();

  constructor(clock: Clock, settings: QuickbooksSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /**
   * Lets a request in, or not.
   *
   * @returns what to call when it has been answered.
   * @throws {GatewayFault} 429/3001. A refused request does not count.
   */
  admit(realmId: string, clientId: string, isBatch: boolean): () => void {
    const { throttle, requestsPerMinute, requestsPerSecond, concurrentRequests, batchesPerMinute } = this.#settings;
    if (!throttle) return () => undefined;
    const pair = `${realmId} ${clientId}`;
    const windows: [string, number, number][] = [
      [`minute ${realmId}`, minute, requestsPerMinute],
      [`second ${pair}`, 1_000, requestsPerSecond],
      ...(isBatch ? ([[`batch ${pair}`, minute, batchesPerMinute]] satisfies [string, number, number][]) : []),
    ];
    if ((this.#open.get(pair) ?? 0) >= concurrentRequests) throw throttleExceeded();
    for (const [key, windowMs, limit] of windows) {
      if (this.#recent(key, windowMs).length >= limit) throw throttleExceeded();
    }
    for (const [key] of windows) this.#times.get(key)?.push(this.#clock());
    this.#open.set(pair, (this.#open.get(pair) ?? 0) + 1);
    let isDone = false;
    return () => {
      if (isDone) return;
      isDone = true;
      this.#open.set(pair, Math.max(0, (this.#open.get(pair) ?? 0) - 1));
    };
  }

  /** Counts one e-mail. @returns whether it is still within the day's allowance. */
  admitEmail(realmId: string): boolean {
    const key = `email ${realmId}`;
    const sent = this.#recent(key, 24 * 60 * minute);
    if (this.#settings.throttle && sent.length >= this.#settings.emailsPerDay) return false;
    sent.push(this.#clock());
    return true;
  }

  clear(): void {
    this.#times.clear();
  }

  #recent(key: string, windowMs: number): number[] {
    const since = this.#clock() - windowMs;
    const times = (this.#times.get(key) ?? []).filter((time) => time > since);
    this.#times.set(key, times);
    return times;
  }
}
