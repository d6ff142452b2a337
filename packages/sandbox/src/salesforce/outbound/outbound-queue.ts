import type { Clock } from "../../shared/clock.js";
import type { RecordChange } from "../data/change-journal.js";
import { makeId } from "../ids.js";
import type { Row } from "../schema/definitions.js";
import { type Delivery, type OutboundAction, postMessage } from "./post-message.js";

const mostPerMessage = 100;
/** The pause before the second try; it doubles with each up to the longest. */
const firstPauseMs = 15_000;
const longestPauseMs = 2 * 60 * 60 * 1000;
const givenUpAfterMs = 24 * 60 * 60 * 1000;
/** Notifications that wait at most; the oldest go first. */
const mostWaiting = 10_000;

/** Sends outbound messages: at least once, in no order that may be relied on. */
export class OutboundQueue {
  readonly #clock: Clock;
  readonly #instanceUrl: () => string;
  readonly #gatherMs: () => number;
  readonly #closing: AbortSignal;
  readonly #actions = new Map<string, OutboundAction>();
  #waiting: Delivery[] = [];
  #sequence = 0;
  /** What was queued and not sent yet, by action and record. */
  readonly #untried = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  /** When it goes off, in the process's own time. */
  #timerAt = 0;
  #sending: Promise<void> = Promise.resolve();

  constructor(parts: { clock: Clock; instanceUrl: () => string; gatherMs: () => number; closing: AbortSignal }) {
    this.#clock = parts.clock;
    this.#instanceUrl = parts.instanceUrl;
    this.#gatherMs = parts.gatherMs;
    this.#closing = parts.closing;
    parts.closing.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** Adds an action; records that are made or changed from now on are told to it. */
  add(action: Omit<OutboundAction, "id">): OutboundAction {
    this.#sequence += 1;
    const added = { ...action, id: makeId("04k", this.#sequence) };
    this.#actions.set(added.id, added);
    return added;
  }

  /** Takes an action away, with what waits for it. @returns whether there was one. */
  remove(id: string): boolean {
    this.#forget(({ actionId }) => actionId === id);
    return this.#actions.delete(id);
  }

  actions(): OutboundAction[] {
    return [...this.#actions.values()];
  }

  /** What was not acknowledged yet, oldest first. */
  waiting(): readonly Delivery[] {
    return this.#waiting;
  }

  /** Queues what changed for the actions that want it. */
  tell(changes: readonly RecordChange[]): void {
    for (const { kind, object, row } of changes) {
      if (kind !== "create" && kind !== "update") continue;
      for (const action of this.#actions.values()) if (action.object === object) this.#queue(action, row);
    }
    if (this.#waiting.length > mostWaiting) {
      const oldest = new Set(this.#waiting.slice(0, -mostWaiting));
      this.#forget((one) => oldest.has(one));
    }
    if (this.#untried.size > 0) this.#sendWithin(this.#gatherMs());
  }

  /** Sends what is due by the clock. Resolves when all of it was tried. @param all - Sends what waits for a later try, too. */
  flush(all = false): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending = this.#sending.then(() => this.#sendDue(all));
    return this.#sending;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#actions.clear();
    this.#untried.clear();
    this.#waiting = [];
  }

  /** A change that comes before the last one was sent goes along with it. */
  #queue(action: OutboundAction, row: Row): void {
    const key = keyOf(action.id, row);
    if (this.#untried.has(key)) return;
    this.#untried.add(key);
    this.#sequence += 1;
    const now = this.#clock();
    const id = makeId("04l", this.#sequence);
    this.#waiting.push({ id, row, actionId: action.id, queuedAt: now, dueAt: now, tries: 0 });
  }

  async #sendDue(all: boolean): Promise<void> {
    const now = this.#clock();
    this.#forget(({ queuedAt }) => now - queuedAt >= givenUpAfterMs);
    for (const action of this.actions()) {
      const due = this.#waiting.filter(({ actionId, dueAt }) => actionId === action.id && (all || dueAt <= now));
      if (action.reversed) due.reverse();
      for (let from = 0; from < due.length && !this.#closing.aborted; from += mostPerMessage) {
        await this.#sendMessage(action, due.slice(from, from + mostPerMessage));
      }
    }
    const next = Math.min(...this.#waiting.map(({ dueAt }) => dueAt));
    if (Number.isFinite(next)) this.#sendWithin(Math.max(this.#gatherMs(), next - this.#clock()));
  }

  async #sendMessage(action: OutboundAction, deliveries: readonly Delivery[]): Promise<void> {
    for (const delivery of deliveries) {
      delivery.tries += 1;
      this.#untried.delete(keyOf(action.id, delivery.row));
    }
    let taken = false;
    const from = { instanceUrl: this.#instanceUrl(), closing: this.#closing };
    for (let copy = 0; copy < action.copies; copy += 1) taken = (await postMessage(action, deliveries, from)) || taken;
    if (taken) {
      this.#forget((one) => deliveries.includes(one));
      return;
    }
    for (const delivery of deliveries) {
      delivery.dueAt = this.#clock() + Math.min(longestPauseMs, firstPauseMs * 2 ** (delivery.tries - 1));
    }
  }

  #forget(isGone: (delivery: Delivery) => boolean): void {
    const gone = this.#waiting.filter(isGone);
    this.#waiting = this.#waiting.filter((one) => !isGone(one));
    for (const { actionId, row, tries } of gone) if (tries === 0) this.#untried.delete(keyOf(actionId, row));
  }

  #sendWithin(delayMs: number): void {
    if (this.#closing.aborted) return;
    const at = performance.now() + delayMs;
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => void this.flush(), delayMs).unref();
  }
}

function keyOf(actionId: string, row: Row): string {
  return `${actionId} ${String(row.Id)}`;
}
