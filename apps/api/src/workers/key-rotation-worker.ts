import { type Clock, isConnectorError } from "@isthmus/core";
import { DatabaseUnavailableError, newId } from "../database/index.js";
import type { KeyRotationRow, RotationTrouble } from "../repositories/index.js";
import { prepareBatch, type RotationParts } from "../vault/rotation-batch.js";

/** What the worker works with. */
export interface KeyRotationWorkerOptions extends Omit<RotationParts, "batchSize"> {
  readonly clock: Clock;
  /** Rows that are written at once. Default 50. */
  readonly batchSize?: number;
  /** How often to look for a rotation, in milliseconds. Default 1 000. */
  readonly pollMs?: number;
}

/** Longer than a batch takes with a slow key provider. Should one take longer, another worker does it again. */
const leaseMs = 120_000;
const longestPauseMs = 60_000;
const housekeepingMs = 3_600_000;
/** A process may hold a retired key for a write under way, or in its journal of tokens that have not landed yet. */
const retiredForMs = 86_400_000;

/**
 * Works off rotations of keys, batch after batch. Any number of workers may run: one at a time has the rotation, and another
 * goes on where it was when its lease is over.
 */
export class KeyRotationWorker {
  readonly #options: KeyRotationWorkerOptions;
  readonly #parts: RotationParts;
  readonly #holder = newId();

  constructor(options: KeyRotationWorkerOptions) {
    this.#options = options;
    this.#parts = { ...options, batchSize: options.batchSize ?? 50 };
  }

  /**
   * Works until `signal` ends it: the batch at work is still written. Never throws: a database that is away is logged once
   * and asked again with growing pauses.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, pollMs = 1_000 } = this.#options;
    let failures = 0;
    let housekeepingAtMs = clock.now();
    while (!signal.aborted) {
      let pauseMs = pollMs;
      try {
        if (clock.now() >= housekeepingAtMs) {
          await this.housekeep();
          housekeepingAtMs = clock.now() + housekeepingMs;
        }
        if (await this.runOnce(signal)) pauseMs = 0;
        failures = 0;
      } catch (error) {
        if (failures === 0) logger.error({ err: error }, "Rotations of keys cannot be worked off; trying again");
        pauseMs = pauseAfter(failures);
        failures += 1;
      }
      await clock.sleep(pauseMs, signal).catch((reason: unknown) => reason);
    }
  }

  /**
   * Works off the rotation that runs, until it is completed or stopped, pauses, or `signal` ends it.
   *
   * @returns Whether there was one to work at.
   * @throws {DatabaseUnavailableError} The rotation goes on from its last batch, here at once, elsewhere after the lease.
   */
  async runOnce(signal?: AbortSignal): Promise<boolean> {
    const { database, keyProvider, logger } = this.#options;
    const { currentKeyId } = keyProvider;
    let rotation = await database.asSystem(({ keys }) => keys.claim(this.#holder, leaseMs, currentKeyId));
    if (rotation === undefined) return false;
    const { id } = rotation;
    try {
      while (rotation.status === "running" && rotation.phase !== "ending" && !signal?.aborted) {
        const batch = await prepareBatch(this.#parts, rotation);
        const landed = await database.asSystem(({ keys }) => keys.land(id, this.#holder, leaseMs, batch));
        if (landed === undefined) {
          logger.warn({ rotationId: id }, "Another worker has taken the rotation of keys over");
          return true;
        }
        rotation = landed;
      }
      if (rotation.phase === "ending" && (await this.#complete(id))) return true;
      await database.asSystem(({ keys }) => keys.leave(id, this.#holder));
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) throw error;
      await this.#pause(rotation, error);
    }
    return true;
  }

  /** Destroys data keys that were retired a day ago or earlier and seal nothing any more. */
  async housekeep(): Promise<void> {
    const { database, logger } = this.#options;
    const dataKeys = await database.asSystem(({ keys }) => keys.destroyRetired(retiredForMs));
    if (dataKeys > 0) logger.info({ dataKeys }, "Data keys that sealed nothing any more were destroyed");
  }

  /** @returns Whether it was still to complete: not stopped meanwhile. */
  async #complete(id: string): Promise<boolean> {
    const { database, vault, logger } = this.#options;
    const completed = await database.asSystem(({ keys }) => keys.complete(id, this.#holder));
    if (completed === undefined) return false;
    const { keysDone, keysFailed, valuesDone, valuesFailed } = completed;
    logger.info({ rotationId: id, keysDone, keysFailed, valuesDone, valuesFailed }, "A rotation of keys is completed");
    // Those of other processes live for minutes; what they seal goes under the new key at once.
    vault.dropKeys();
    await this.housekeep();
    return true;
  }

  async #pause({ id, pauses }: KeyRotationRow, error: unknown): Promise<void> {
    const { database, logger } = this.#options;
    const ms = pauseAfter(pauses);
    const reason: RotationTrouble = isConnectorError(error)
      ? { code: error.code, detail: error.message }
      : { code: "INTERNAL", detail: "Something failed inside Isthmus. The log has more." };
    logger.error({ rotationId: id, pauseMs: ms, err: error }, "A rotation of keys pauses");
    await database.asSystem(({ keys }) => keys.leave(id, this.#holder, { reason, ms }));
  }
}

function pauseAfter(failures: number): number {
  return Math.min(longestPauseMs, 1_000 * 2 ** Math.min(failures, 10));
}
