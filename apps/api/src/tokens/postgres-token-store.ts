import type {
  AbandonRequest,
  BeginRequest,
  BeginResult,
  BegunClaim,
  Clock,
  CommitRequest,
  Logger,
  SealContext,
  TokenRecord,
  TokenStore,
  Vault,
} from "@isthmus/core";
import type { Database } from "../database/index.js";
import { isUnreadable } from "../errors/index.js";
import type { DueTokens, SealedTokenRecord, TokenPlace } from "../repositories/index.js";
import type { AttemptKeys } from "./attempt-keys.js";
import { keepResult } from "./keep-result.js";
import type { TokenJournal } from "./token-journal.js";
import { readTokenSet } from "./token-set-schema.js";
import { tokensPlace } from "./tokens-place.js";

/** What all token stores of a process share. */
export interface TokenStoreParts {
  readonly database: Database;
  readonly vault: Vault;
  readonly journal: TokenJournal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Keys of the attempts under way. */
  readonly attemptKeys: AttemptKeys;
}

/**
 * Core's `TokenStore` over the table `connector_tokens`: the set is sealed, and each method is one transaction. Sealing and
 * opening may need a data key, so they happen before or after it, never inside; the key for an attempt's result is taken
 * before the vendor is called.
 */
export class PostgresTokenStore implements TokenStore {
  readonly #parts: TokenStoreParts;
  readonly #connector: TokenPlace;
  readonly #place: SealContext;

  constructor(parts: TokenStoreParts, tenantId: string, connectorId: string) {
    this.#parts = parts;
    this.#connector = { tenantId, connectorId };
    this.#place = tokensPlace(tenantId, connectorId);
  }

  async load(): Promise<TokenRecord> {
    return this.#open(await this.#parts.database.asSystem(({ tokens }) => tokens.load(this.#connector)));
  }

  async begin(request: BeginRequest): Promise<BeginResult> {
    const { database, vault, attemptKeys } = this.#parts;
    // Before the claim: an attempt whose result could not be sealed is not begun.
    const sealer = await vault.sealer(this.#place);
    let begun = false;
    try {
      const result = await database.asSystem(({ tokens }) => tokens.claim(this.#connector, request));
      if (result.outcome === "held") return result;
      if (result.outcome === "begun") {
        attemptKeys.hold(result.attemptId, { sealer, isRenewal: request.purpose === "refresh" });
        begun = true;
      }
      return { ...result, record: await this.#openFor(request.purpose, result.record) };
    } finally {
      if (!begun) sealer[Symbol.dispose]();
    }
  }

  /**
   * Makes a claim of one that a worker has made among many: what {@link begin} would have answered.
   *
   * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE`, `KEY_UNAVAILABLE`. The claim stands; abandon it.
   */
  async adopt({ attemptId, record }: DueTokens): Promise<BegunClaim> {
    const opened = await this.#open(record);
    const sealer = await this.#parts.vault.sealer(this.#place, record.tokens);
    this.#parts.attemptKeys.hold(attemptId, { sealer, isRenewal: true });
    return { outcome: "begun", attemptId, record: opened };
  }

  async commit(
    attemptId: string,
    { tokens, refreshAtMs }: CommitRequest,
  ): Promise<{ readonly outcome: "committed" | "superseded"; readonly record: TokenRecord }> {
    const { attemptKeys, vault } = this.#parts;
    const held = attemptKeys.find(attemptId);
    const sealed = held?.sealer.seal(tokens) ?? (await vault.seal(tokens, this.#place));
    const version = await keepResult(this.#parts, {
      ...this.#connector,
      attemptId,
      landed: {
        tokens: sealed,
        ...(tokens.expiresAtMs !== undefined && { expiresAt: new Date(tokens.expiresAtMs) }),
        ...(refreshAtMs !== undefined && { refreshAt: new Date(refreshAtMs) }),
        ...(tokens.reconnectBeforeMs !== undefined && { reconnectBefore: new Date(tokens.reconnectBeforeMs) }),
        isRenewal: held?.isRenewal ?? true,
      },
    });
    attemptKeys.release(attemptId);
    if (version === undefined) return { outcome: "superseded", record: await this.load() };
    return { outcome: "committed", record: { version, tokens, status: "active", retryInMs: 0, failures: 0 } };
  }

  async abandon(attemptId: string, request: AbandonRequest): Promise<void> {
    await keepResult(this.#parts, { ...this.#connector, attemptId, abandoned: request });
    this.#parts.attemptKeys.release(attemptId);
  }

  async clear(): Promise<void> {
    const { tenantId, connectorId } = this.#connector;
    await this.#parts.database.asTenant(tenantId, ({ connectorTokens }) => connectorTokens.clear(connectorId));
  }

  async #openFor(purpose: BeginRequest["purpose"], record: SealedTokenRecord): Promise<TokenRecord> {
    try {
      return await this.#open(record);
    } catch (error) {
      // A fresh authorization supersedes the set whatever is in it: one that does not open must not keep it out.
      if (purpose !== "authorize" || !isUnreadable(error)) throw error;
      return { ...record, tokens: undefined };
    }
  }

  async #open({ tokens, ...rest }: SealedTokenRecord): Promise<TokenRecord> {
    if (tokens === undefined) return { ...rest, tokens: undefined };
    return { ...rest, tokens: readTokenSet(await this.#parts.vault.open(tokens, this.#place)) };
  }
}
