import {
  type AbandonRequest,
  type BeginRequest,
  type BeginResult,
  type BegunClaim,
  type Clock,
  type CommitRequest,
  codeOf,
  type Logger,
  type SealContext,
  type TokenRecord,
  type TokenStore,
  type Vault,
} from "@isthmus/core";
import type { Database } from "../database/index.js";
import { isUnreadable } from "../errors/index.js";
import type { ClaimResult, DueTokens, SealedTokenRecord, TokenPlace } from "../repositories/index.js";
import type { AttemptKeys } from "./attempt-keys.js";
import { claim } from "./claims.js";
import { replayAttempt } from "./journal-replay.js";
import { keepResult } from "./keep-result.js";
import type { Landings } from "./landings.js";
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
  /** Where results of a worker's attempts land. */
  readonly sharedLandings: Landings;
}

/**
 * Core's `TokenStore` over the table `connector_tokens`: the set is sealed, and each method is one transaction. Sealing and
 * opening may need a data key, so they happen before or after it, never inside; the key for an attempt's result is taken
 * before the vendor is called.
 */
export class PostgresTokenStore implements TokenStore {
  readonly #parts: TokenStoreParts;
  readonly #connector: TokenPlace;
  readonly #connectorVersion: number | undefined;
  readonly #place: SealContext;

  constructor(parts: TokenStoreParts, connector: TokenPlace, connectorVersion: number | undefined) {
    this.#parts = parts;
    this.#connector = connector;
    this.#connectorVersion = connectorVersion;
    this.#place = tokensPlace(connector.tenantId, connector.connectorId);
  }

  async load(): Promise<TokenRecord> {
    return this.#open(await this.#parts.database.asSystem(({ tokens }) => tokens.load(this.#connector)));
  }

  async begin(request: BeginRequest): Promise<BeginResult> {
    const { vault, attemptKeys } = this.#parts;
    // Before the claim: an attempt whose result could not be sealed is not begun.
    const sealer = await vault.sealer(this.#place);
    let begun = false;
    try {
      const forVersion = this.#connectorVersion !== undefined && { connectorVersion: this.#connectorVersion };
      const result = await claim(this.#parts, this.#connector, { ...request, ...forVersion });
      if (result.outcome === "held") return result;
      if (result.outcome === "begun") {
        attemptKeys.hold(result.attemptId, { sealer, isRenewal: request.purpose === "refresh" });
        begun = true;
      }
      return { ...result, record: await this.#openBegun(request, result) };
    } finally {
      if (!begun) sealer[Symbol.dispose]();
    }
  }

  /**
   * Makes a claim of one that a worker has made among many: what {@link begin} would have answered.
   *
   * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE`, `KEY_UNAVAILABLE`. The claim stands; abandon it.
   */
  async adopt({ attemptId, record, activeKeyId }: DueTokens): Promise<BegunClaim> {
    const opened = await this.#open(record);
    const sealer = await this.#parts.vault.sealer(this.#place, activeKeyId ?? undefined);
    this.#parts.attemptKeys.hold(attemptId, { sealer, isRenewal: true, isOneOfMany: true });
    return { outcome: "begun", attemptId, record: opened };
  }

  async commit(
    attemptId: string,
    { tokens, refreshAtMs }: CommitRequest,
  ): Promise<{ readonly outcome: "committed" | "superseded"; readonly record: TokenRecord }> {
    const { attemptKeys, vault } = this.#parts;
    const held = attemptKeys.find(attemptId);
    const sealed = held?.sealer.seal(tokens) ?? (await vault.seal(tokens, this.#place));
    const { sharedLandings: landings } = this.#parts;
    const version = await keepResult(held?.isOneOfMany ? { ...this.#parts, landings } : this.#parts, {
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
    // Before a grant is given up: its end may be known on this machine.
    if (request.outcome === "given_up") await replayAttempt(this.#parts, attemptId);
    await keepResult(this.#parts, { ...this.#connector, attemptId, abandoned: request });
    this.#parts.attemptKeys.release(attemptId);
  }

  async amend(version: number, { tokens, refreshAtMs }: CommitRequest): Promise<TokenRecord> {
    const { database, vault } = this.#parts;
    const { tenantId, connectorId } = this.#connector;
    const sealed = await vault.seal(tokens, this.#place);
    await database.asTenant(tenantId, ({ connectorTokens }) =>
      connectorTokens.amend(connectorId, version, {
        tokens: sealed,
        ...(tokens.expiresAtMs !== undefined && { expiresAt: new Date(tokens.expiresAtMs) }),
        ...(refreshAtMs !== undefined && { refreshAt: new Date(refreshAtMs) }),
      }),
    );
    return this.load();
  }

  async clear(): Promise<void> {
    const { tenantId, connectorId } = this.#connector;
    await this.#parts.database.asTenant(tenantId, ({ connectorTokens }) => connectorTokens.clear(connectorId));
  }

  async #openBegun({ purpose }: BeginRequest, result: Exclude<ClaimResult, { outcome: "held" }>): Promise<TokenRecord> {
    try {
      return await this.#open(result.record);
    } catch (error) {
      // A fresh authorization supersedes the set whatever is in it: one that does not open must not keep it out.
      if (purpose === "authorize" && isUnreadable(error)) return { ...result.record, tokens: undefined };
      if (result.outcome === "begun")
        await this.abandon(result.attemptId, { outcome: "not_spent", code: codeOf(error) });
      throw error;
    }
  }

  async #open({ tokens, ...rest }: SealedTokenRecord): Promise<TokenRecord> {
    if (tokens === undefined) return { ...rest, tokens: undefined };
    return { ...rest, tokens: readTokenSet(await this.#parts.vault.open(tokens, this.#place)) };
  }
}
