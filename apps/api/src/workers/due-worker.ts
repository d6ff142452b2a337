import { keepLooking } from "../keep-looking.js";
import type { WorkKind } from "../repositories/index.js";
import type { Services } from "../services.js";
import { Slots } from "./slots.js";

/** How much a worker does at once, and how often it looks. */
export interface DueWorkerLimits {
  /** Pieces of work at once. */
  readonly slots?: number;
  /** How often to look when nothing was due, in milliseconds; spread by half of it. */
  readonly pollMs?: number;
}

/** Work that rows of a table ask for when they are due. */
export interface DueWork<Claim extends object> extends Required<DueWorkerLimits> {
  /** Of which there may be some when it is woken. Default: it only looks. */
  readonly kind?: WorkKind;
  /** What the log calls them: `Due syncs`. */
  readonly what: string;
  /** Takes rows that are due, for a time, so many at most. */
  readonly claim: (most: number) => Promise<readonly Claim[]>;
  /** Does one, and stores how it ended. Where it throws, the row is taken again when that time is over. */
  readonly work: (claim: Claim) => Promise<unknown>;
  /** What the log says when it throws. */
  readonly unstored: string;
  /** What the log says of a claim then. Default: all that it holds. */
  readonly facts?: (claim: Claim) => object;
  /** How many slots have to be free before it looks again: a look costs about the same for one row as for many. Default 1. */
  readonly together?: number;
  /** Between looks while the database is away, in milliseconds. Default 10 000. */
  readonly longestPauseMs?: number;
}

/** Takes due rows and works on them, as many at once as it has slots. Any number of workers, in any processes, share the work. */
export class DueWorker<Claim extends object> {
  readonly #services: Services;
  readonly #due: DueWork<Claim>;
  readonly #slots: Slots;
  #isWoken = false;
  #wakeUp: () => void = () => undefined;

  constructor(services: Services, due: DueWork<Claim>) {
    this.#services = services;
    this.#due = due;
    this.#slots = new Slots(due.slots);
  }

  /**
   * Works until `signal` ends it, and then until the work under way is stored. Never throws: a database that is away is logged
   * once and asked again with growing pauses.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { kind, what, longestPauseMs } = this.#due;
    if (kind) this.#services.database.whenDue(kind, () => this.wake());
    const failed = `${what} cannot be looked for; trying again`;
    const look = () => this.#look(signal);
    await keepLooking(this.#services, { look, failed, ...(longestPauseMs && { longestPauseMs }) }, signal);
    await this.settle();
  }

  /** Begins what is due, and rests until it is worth looking again. @returns how long to rest still: not at all. */
  async #look(signal: AbortSignal): Promise<number> {
    this.#isWoken = false;
    // From before the look: what ends meanwhile may make something due that it does not see.
    const oneEnds = this.#slots.untilOneEnds();
    const begun = await this.beginDue();
    if (begun === 0) await this.#rest(signal, oneEnds);
    else await this.#slots.untilFree(this.#due.together ?? 1);
    return 0;
  }

  /** Has it look soon, because there is something due now: it was written just now, say. */
  wake(): void {
    this.#isWoken = true;
    this.#wakeUp();
  }

  /** Until the next look, until it is woken, or until some work has ended: what waits for its turn may have it then. */
  async #rest(signal: AbortSignal, oneEnds: Promise<void>): Promise<void> {
    const rested = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wakeUp = resolve;
    });
    // Or else it was woken since it looked last.
    if (this.#isWoken) this.#wakeUp();
    const sleep = this.#services.clock.sleep(this.pauseMs(), AbortSignal.any([signal, rested.signal]));
    await Promise.race([sleep.catch((reason: unknown) => reason), oneEnds, woken]);
    rested.abort();
  }

  /** Between looks that found nothing, spread so that workers do not look in step. */
  protected pauseMs(): number {
    return this.#due.pollMs * (0.5 + this.#services.random.number());
  }

  /** Begins what is due, as far as there are free slots. @returns how many. */
  async beginDue(): Promise<number> {
    const { free } = this.#slots;
    if (free <= 0) return 0;
    const claims = await this.#due.claim(free);
    for (const each of claims) this.#slots.fill(this.#work(each));
    return claims.length;
  }

  /** Waits until everything that was begun has ended. */
  settle(): Promise<void> {
    return this.#slots.untilFree();
  }

  async #work(claim: Claim): Promise<void> {
    try {
      await this.#due.work(claim);
    } catch (error) {
      const { facts = (all: Claim): object => all, unstored } = this.#due;
      this.#services.logger.error({ ...facts(claim), err: error }, unstored);
    }
  }
}
