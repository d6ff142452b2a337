import type { Clock } from "../runtime/index.js";

/** How long, and how many, unwrapped data keys stay in memory. */
export interface DataKeyCacheLimits {
  /** Milliseconds from unwrapping, not from the last use: the time within which a revoked key stops working. Default 60 000. */
  readonly ttlMs: number;
  /** The least recently used key goes first. Default 1 000. */
  readonly maximumKeys: number;
}

const longestDelayMs = 2 ** 31 - 1;

interface Entry {
  readonly key: Promise<Buffer>;
  readonly tenantId: string;
  readonly loadedAtMs: number;
  readonly timer: NodeJS.Timeout;
  bytes: Buffer | undefined;
  users: number;
  dropped: boolean;
}

/**
 * Unwrapped data keys. A key that is dropped (too old, too many, asked for) is overwritten with zeros as soon as nobody
 * uses it. Not before: a caller that awaited it would go on and seal with a key of zeros.
 *
 * A key that nobody asks for again is dropped by a timer: a method for it would be one that programs forget to call. The
 * timer does not keep a program from ending.
 */
export class DataKeyCache {
  readonly #entries = new Map<string, Entry>();
  readonly #limits: DataKeyCacheLimits;
  readonly #clock: Clock;

  constructor(limits: DataKeyCacheLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Runs `work` with the key; loads it first where it is not here. Callers that come while it loads share the load, and
   * its failure, which is not remembered. `work` must not keep the bytes.
   */
  async use<Result>(
    tenantId: string,
    dataKeyId: string,
    load: () => Promise<Buffer>,
    work: (key: Buffer) => Result,
  ): Promise<Result> {
    const name = `${tenantId}\n${dataKeyId}`;
    const entry = this.#find(name) ?? this.#add(name, tenantId, load);
    entry.users += 1;
    try {
      return work(await entry.key);
    } finally {
      entry.users -= 1;
      zeroIfDone(entry);
    }
  }

  /** Drops the keys of one tenant, or all. */
  drop(tenantId?: string): void {
    for (const [name, entry] of this.#entries) {
      if (tenantId === undefined || entry.tenantId === tenantId) this.#drop(name, entry);
    }
  }

  #find(name: string): Entry | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    if (this.#isExpired(entry)) {
      this.#drop(name, entry);
      return undefined;
    }
    // Behind all others: a Map keeps the order of insertion, so the first one is the least recently used.
    this.#entries.set(name, entry);
    return entry;
  }

  #add(name: string, tenantId: string, load: () => Promise<Buffer>): Entry {
    for (const [other, entry] of this.#entries) if (this.#isExpired(entry)) this.#drop(other, entry);
    const loadedAtMs = this.#clock.now();
    const key = load().then(
      (bytes) => {
        entry.bytes = bytes;
        return bytes;
      },
      (error: unknown) => {
        if (this.#entries.get(name) === entry) this.#drop(name, entry);
        throw error;
      },
    );
    // Early is harmless, so it asks no clock. Node takes a delay that is too long for none at all.
    const timer = setTimeout(() => this.#drop(name, entry), Math.min(this.#limits.ttlMs, longestDelayMs)).unref();
    const entry: Entry = { key, tenantId, loadedAtMs, timer, bytes: undefined, users: 0, dropped: false };
    this.#entries.set(name, entry);
    for (const [other, oldest] of this.#entries) {
      if (this.#entries.size <= this.#limits.maximumKeys) break;
      this.#drop(other, oldest);
    }
    return entry;
  }

  #isExpired(entry: Entry): boolean {
    const age = this.#clock.now() - entry.loadedAtMs;
    // A clock that was set back must not make a key live on.
    return age < 0 || age >= this.#limits.ttlMs;
  }

  #drop(name: string, entry: Entry): void {
    this.#entries.delete(name);
    clearTimeout(entry.timer);
    entry.dropped = true;
    zeroIfDone(entry);
  }
}

function zeroIfDone(entry: Entry): void {
  if (entry.dropped && entry.users === 0) entry.bytes?.fill(0);
}
