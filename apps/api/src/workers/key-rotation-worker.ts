import { isConnectorError } from "@isthmus/core";
import { sealAudit } from "../audit/seal-audit.js";
import { ForgedAuditHeadError } from "../audit/signing-keys.js";
import { DatabaseUnavailableError, newId } from "../database/index.js";
import { keepLooking } from "../keep-looking.js";
import { type KeyRotationRow, platformId, type RotationTrouble } from "../repositories/index.js";
import { prepareBatch, type RotationParts } from "../vault/rotation-batch.js";
import { sealStaleValues } from "../vault/seal-stale-values.js";

/** What the worker works with. */
export interface KeyRotationWorkerOptions extends Omit<RotationParts, "batchSize"> {
  /** Rows that are written at once. Default 50. */
  readonly batchSize?: number;
  /** How often to look for a rotation, in milliseconds. Default 1 000. */
  readonly pollMs?: number;
}

/** Longer than a batch may take and its calls of a slow key provider. Should it take longer, another worker does it again. */
const leaseMs = 120_000;
const longestPauseMs = 60_000;
const housekeepingMs = 3_600_000;
/** A process may hold a retired key for a write under way, or in its journal of tokens that have not landed yet. */
const retiredForMs = 86_400_000;
/** Of one transaction, which has to end in seconds. */
const destroyedAtOnce = 1_000;

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
   * Works until `signal` ends it: what is done of the batch at work is still written. Never throws: a database that is away is logged once
   * and asked again with growing pauses.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, pollMs = 1_000 } = this.#options;
    let housekeepingAtMs = clock.now();
    const look = async () => {
      if (clock.now() >= housekeepingAtMs) {
        housekeepingAtMs = clock.now() + housekeepingMs;
        await this.#tryToHousekeep(signal);
      }
      return (await this.runOnce(signal)) ? 0 : pollMs;
    };
    const failed = "Rotations of keys cannot be worked off; trying again";
    await keepLooking(this.#options, { look, failed, longestPauseMs }, signal);
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
        const { batch, interruption } = await prepareBatch(this.#parts, rotation, signal);
        if (batch !== undefined) {
          const landed = await database.asSystem(({ keys }) => keys.land(id, this.#holder, leaseMs, batch));
          if (landed === undefined) {
            logger.warn(
              { rotationId: id },
              "Another worker has taken the rotation of keys over, or another one was begun",
            );
            return true;
          }
          rotation = landed;
        }
        if (interruption !== undefined) throw interruption;
      }
      if (rotation.phase === "ending" && (await this.#complete(id, signal))) return true;
      await database.asSystem(({ keys }) => keys.leave(id, this.#holder));
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) throw error;
      await this.#pause(rotation, error);
    }
    return true;
  }

  /**
   * Seals again what retired data keys still seal, then destroys those that have sealed nothing for a day.
   *
   * @throws what keeps it from going on: the next time it does.
   */
  async housekeep(signal?: AbortSignal): Promise<void> {
    const { database, logger } = this.#options;
    const { changed, failed } = await sealStaleValues(this.#parts, signal);
    if (changed > 0) logger.info({ values: changed }, "Values that retired data keys sealed were sealed again");
    if (failed > 0) logger.warn({ values: failed }, "Values that retired data keys seal do not open; those keys stay");
    let destroyed = destroyedAtOnce;
    while (destroyed === destroyedAtOnce && !signal?.aborted) {
      destroyed = await database.asSystem(({ keys }) => keys.destroyRetired(retiredForMs, destroyedAtOnce));
      if (destroyed > 0) logger.info({ dataKeys: destroyed }, "Data keys that sealed nothing any more were destroyed");
    }
  }

  /** Rotations go on whatever becomes of it. */
  async #tryToHousekeep(signal?: AbortSignal): Promise<void> {
    try {
      await this.housekeep(signal);
    } catch (error) {
      this.#options.logger.error(
        { err: error },
        "Retired data keys cannot be cleared away; trying again within the hour",
      );
    }
  }

  /**
   * The key that signs the platform's audit hands over to one that is wrapped by the new key-encryption key: after the rotation
   * the old one may go.
   */
  async #replacePlatformKey(): Promise<void> {
    try {
      await sealAudit(this.#options, platformId);
    } catch (error) {
      // What passes is waited for. What somebody has done to the audit, and a key that does not open, hold up no rotation: the list
      // of keys shows what the old one still wraps.
      if (!(error instanceof ForgedAuditHeadError || (isConnectorError(error) && !error.retryable))) throw error;
      this.#options.logger.error({ err: error }, "The key that signs the platform's audit could not be replaced");
    }
  }

  /** @returns Whether it was still to complete: not stopped meanwhile. */
  async #complete(id: string, signal?: AbortSignal): Promise<boolean> {
    const { database, vault, logger } = this.#options;
    await this.#replacePlatformKey();
    const completed = await database.asSystem(({ keys }) => keys.complete(id, this.#holder));
    if (completed === undefined) return false;
    const { keysDone, keysFailed, valuesDone, valuesFailed } = completed;
    logger.info({ rotationId: id, keysDone, keysFailed, valuesDone, valuesFailed }, "A rotation of keys is completed");
    // Those of other processes live for minutes; what they seal goes under the new key at once.
    vault.dropKeys();
    await this.#tryToHousekeep(signal);
    return true;
  }

  async #pause({ id, pauses }: KeyRotationRow, error: unknown): Promise<void> {
    const { database, logger } = this.#options;
    const ms = Math.min(longestPauseMs, 1_000 * 2 ** Math.min(pauses, 10));
    const reason: RotationTrouble = isConnectorError(error)
      ? { code: error.code, detail: error.message }
      : { code: "INTERNAL", detail: "Something failed inside Isthmus. The log has more." };
    logger.error({ rotationId: id, pauseMs: ms, err: error }, "A rotation of keys pauses");
    await database.asSystem(({ keys }) => keys.leave(id, this.#holder, { reason, ms }));
  }
}
