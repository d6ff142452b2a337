interface Waiter {
  readonly start: () => void;
}

/** Lets a number of holders in at once; the others wait in the order in which they came. */
export class ConcurrencyLimit {
  readonly #capacity: number;
  readonly #waiting = new Set<Waiter>();
  #held = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  /** @param capacity - Holders at once, at least 1. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Takes a place if one is free at once and nobody waits for it. */
  tryAcquire(): boolean {
    if (this.#held >= this.#capacity) return false;
    this.#held++;
    return true;
  }

  /**
   * Takes a place, waiting for one.
   * @throws the signal's reason when it is aborted first.
   */
  async acquire(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.tryAcquire()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { start: resolve };
    const abort = () => {
      this.#waiting.delete(waiter);
      reject(signal.reason);
    };
    this.#waiting.add(waiter);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Places that are taken. */
  get held(): number {
    return this.#held;
  }

  /** How many wait for one. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether no place is taken. */
  get isIdle(): boolean {
    return this.#held === 0;
  }

  /** Resolves when no place is taken. */
  async idle(): Promise<void> {
    if (this.#held === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  /** Gives a place back: to the one who has waited longest, if any. */
  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#held--;
      if (this.#held === 0) this.#idle?.resolve();
      return;
    }
    // The place goes over directly, so that nobody who comes now can overtake.
    this.#waiting.delete(next);
    next.start();
  }
}
