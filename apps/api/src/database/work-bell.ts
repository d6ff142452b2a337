import { type Clock, systemClock } from "@isthmus/core";
import { type NoteWork, type WorkKind, workKinds } from "../repositories/index.js";
import { Throttle } from "./throttle.js";
import type { WorkChannel } from "./work-channel.js";

/** How often other processes are told of a kind of work, and how often they are heard. In between lies one look of a worker. */
const everyMs = 250;

/**
 * Wakes workers when a transaction has left them something to do: this process's at once, those of other processes over
 * `channel`, where there are any.
 */
export class WorkBell {
  readonly #clock: Clock;
  readonly #channel: WorkChannel | undefined;
  readonly #listeners = new Set<{ readonly kind: WorkKind; readonly wake: () => void }>();
  readonly #told: ReadonlyMap<WorkKind, Throttle>;
  readonly #heard: ReadonlyMap<WorkKind, Throttle>;
  readonly #closing = new AbortController();
  #isListening = false;

  constructor(channel?: WorkChannel, clock: Clock = systemClock) {
    this.#channel = channel;
    this.#clock = clock;
    this.#told = this.#throttles((kind) => channel?.tell(kind));
    this.#heard = this.#throttles((kind) => this.#wake(kind));
  }

  /** Has `wake` called each time when there is work of a kind. @returns ends that. */
  listen(kind: WorkKind, wake: () => void): () => void {
    const listener = { kind, wake };
    this.#listeners.add(listener);
    if (!this.#isListening) {
      this.#isListening = true;
      this.#channel?.listen((heard) => this.#heard.get(heard)?.ask());
    }
    return () => void this.#listeners.delete(listener);
  }

  /** Runs one transaction, and wakes workers for what it has noted when it is committed. */
  async whenCommitted<T>(transaction: (noteWork: NoteWork) => Promise<T>): Promise<T> {
    const noted = new Map<WorkKind, number>();
    const result = await transaction((kind, afterMs = 0) => {
      noted.set(kind, Math.min(afterMs, noted.get(kind) ?? afterMs));
    });
    for (const [kind, afterMs] of noted) {
      if (afterMs <= 0) this.#ring(kind);
      else void this.#ringLater(kind, afterMs);
    }
    return result;
  }

  /** What was held back is told first. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#told.values()].map((each) => each.settle()));
  }

  #ring(kind: WorkKind): void {
    this.#wake(kind);
    if (this.#channel) this.#told.get(kind)?.ask();
  }

  async #ringLater(kind: WorkKind, afterMs: number): Promise<void> {
    await this.#clock.sleep(afterMs, this.#closing.signal).catch((reason: unknown) => reason);
    if (!this.#closing.signal.aborted) this.#ring(kind);
  }

  #wake(kind: WorkKind): void {
    for (const each of this.#listeners) if (each.kind === kind) each.wake();
  }

  #throttles(act: (kind: WorkKind) => void): ReadonlyMap<WorkKind, Throttle> {
    const options = { everyMs, clock: this.#clock, signal: this.#closing.signal };
    return new Map(workKinds.map((kind) => [kind, new Throttle({ ...options, act: () => act(kind) })]));
  }
}
