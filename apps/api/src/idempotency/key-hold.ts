import { ConnectorError, type Sealer } from "@isthmus/core";
import { unwatched, type WriteWatch } from "../database/index.js";
import type { HeldKeyRepository, IdempotencyClaim } from "../repositories/index.js";
import type { Services } from "../services.js";
import { decideEnd, type Effect } from "./decide-end.js";
import type { KeyBook } from "./key-book.js";
import { toStoredAnswer } from "./stored-answer.js";

/** So often a lease is renewed before it is over. */
const beatsOfLease = 3;

/** What a hold works with. */
export type HoldParts = Pick<Services, "clock" | "logger">;

/** A request with a key that this process does, and nobody else. */
export interface HeldRequest {
  readonly id: string;
  /** When the request came first (database clock). */
  readonly createdAt: Date;
  /** Whether no request with this key was there before. */
  readonly isFirst: boolean;
  readonly claim: IdempotencyClaim;
  /** For the answer. The hold disposes of it. */
  readonly sealer: Sealer;
}

/** An answer as it is sent. */
export interface SentAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Text; anything else is too large to be kept. */
  readonly body: string;
  /** Of the problem, where it is one. */
  readonly code: string | undefined;
}

/**
 * Holds a request from the moment its key is noted until its answer is kept: renews the lease, and notes durably when doing
 * it again could do it twice.
 */
export class KeyHold implements WriteWatch {
  readonly #parts: HoldParts;
  readonly #book: KeyBook;
  readonly #held: HeldRequest;
  readonly #ended = new AbortController();
  readonly #beating: Promise<void>;
  #effect: Effect = "none";
  #ignoresWrites = false;
  #content: { readonly hash: string | undefined } | undefined;

  constructor(parts: HoldParts, book: KeyBook, held: HeldRequest) {
    this.#parts = parts;
    this.#book = book;
    this.#held = held;
    this.#beating = this.#beat();
  }

  get tenantId(): string | undefined {
    return this.#book.tenantId;
  }

  /** What the vendor gets as the key of this write: the same for each try, and no other request's. */
  get vendorKey(): string {
    return this.#held.id;
  }

  /** When the first try of the write was asked for, in epoch milliseconds. */
  get firstCalledAtMs(): number {
    return this.#held.createdAt.getTime();
  }

  /** See {@link WriteWatch}: whether what is committed from here on counts. */
  get isOpen(): boolean {
    return this.#effect === "none" && !this.#ignoresWrites && !this.#ended.signal.aborted;
  }

  /** Whatever is committed may be done again without harm. */
  ignoreWrites(): void {
    this.#ignoresWrites = true;
  }

  /** The write may be sent again: it has one effect, by what it is or by {@link vendorKey}. */
  mayRepeat(): void {
    if (this.#effect === "none") this.#effect = "repeatable";
  }

  /**
   * Notes, before the vendor is called, that doing it again could do it twice.
   *
   * @throws {ConnectorError} `CANCELLED` when somebody else does it by now; nothing may be sent then.
   * @throws {DatabaseUnavailableError}
   */
  async begin(): Promise<void> {
    if (this.#effect !== "none") return;
    const { id, claim } = this.#held;
    await this.#book.run(async (keys) => {
      this.#assertHeld(await keys.begin(id, claim.attemptId));
    });
    this.#effect = "sent";
  }

  /** See {@link WriteWatch}: the effect and the note of it are committed together, or neither is. */
  async written(keys: HeldKeyRepository): Promise<void> {
    const { id, claim } = this.#held;
    this.#assertHeld(await keys.begin(id, claim.attemptId));
    this.#effect = "committed";
  }

  /** Keeps with the answer what the request streamed, if all of it was read by then: SHA-256, hexadecimal. */
  keepHashOf(content: { readonly hash: string | undefined }): void {
    this.#content = content;
  }

  /** Ends the hold with the answer. Never throws: the answer is sent in any case, and what was noted before stands. */
  async end({ status, headers, body, code }: SentAnswer): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    await this.#beating;
    using sealer = this.#held.sealer;
    const { id, isFirst, claim } = this.#held;
    const end = decideEnd({ effect: this.#effect, isFirst, status, code });
    try {
      const sealed =
        end === "keep" ? sealer.seal(toStoredAnswer(status, headers, body, this.#content?.hash)) : undefined;
      const isStored = await unwatched(() =>
        this.#book.run(async (keys) => {
          if (sealed !== undefined) return keys.answer(id, claim.attemptId, sealed);
          if (end === "forget") await keys.forget(id, claim.attemptId);
          else await keys.letGo(id, claim.attemptId, end === "reopen");
          return true;
        }),
      );
      if (!isStored) this.#warn("An answer was not kept under its idempotency key: somebody else has done the request");
    } catch (error) {
      this.#warn("The answer of a request could not be kept under its idempotency key", error);
    }
  }

  async #beat(): Promise<void> {
    const { clock } = this.#parts;
    const { id, claim } = this.#held;
    const { signal } = this.#ended;
    for (;;) {
      await clock.sleep(claim.leaseMs / beatsOfLease, signal).catch((reason: unknown) => reason);
      if (signal.aborted) return;
      try {
        await this.#book.run((keys) => keys.renew(id, claim));
      } catch (error) {
        this.#warn("The lease of a request with an idempotency key could not be renewed", error);
      }
    }
  }

  #assertHeld(isHeld: boolean): void {
    if (isHeld) return;
    throw new ConnectorError(
      "CANCELLED",
      "This request was held up so long that another one with its key is being done. Nothing was done here; try again.",
      { retryable: true },
    );
  }

  #warn(message: string, error?: unknown): void {
    const { id } = this.#held;
    const { tenantId } = this.#book;
    this.#parts.logger.warn({ tenantId, idempotencyKeyId: id, ...(error !== undefined && { err: error }) }, message);
  }
}
