import {
  type AbandonRequest,
  type BeginRequest,
  type BeginResult,
  type CommitRequest,
  ConnectorError,
  type SealContext,
  type TokenRecord,
  type TokenSet,
  type TokenStore,
  type Vault,
} from "@isthmus/core";
import { z } from "zod";
import type { Database } from "../database/index.js";
import { isUnreadable } from "../errors/index.js";
import type { ConnectorTokenRepository, SealedTokenRecord } from "../repositories/index.js";

/** Which connection a store stands for, and with what it works. */
export interface PostgresTokenStoreOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly tenantId: string;
  readonly connectorId: string;
}

/**
 * Core's `TokenStore` over the table `connector_tokens`: the set is sealed, and each method is one unit of work. Sealing
 * and opening may need a data key, so they happen before or after the unit, never inside.
 */
export class PostgresTokenStore implements TokenStore {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #place: SealContext;

  constructor({ database, vault, tenantId, connectorId }: PostgresTokenStoreOptions) {
    this.#database = database;
    this.#vault = vault;
    this.#place = { tenantId, table: "connector_tokens", recordId: connectorId, field: "tokens" };
  }

  async load(): Promise<TokenRecord> {
    return this.#open(await this.#unit((tokens, id) => tokens.load(id)));
  }

  async begin(request: BeginRequest): Promise<BeginResult> {
    const result = await this.#unit((tokens, id) => tokens.claim(id, request));
    if (result.outcome === "held") return result;
    try {
      return { ...result, record: await this.#open(result.record) };
    } catch (error) {
      // A fresh authorization supersedes the set whatever is in it: one that does not open must not keep it out.
      if (request.purpose !== "authorize" || !isUnreadable(error)) throw error;
      return { ...result, record: { ...result.record, tokens: undefined } };
    }
  }

  async commit(
    attemptId: string,
    { tokens, refreshAtMs }: CommitRequest,
  ): Promise<{ readonly outcome: "committed" | "superseded"; readonly record: TokenRecord }> {
    const sealed = await this.#vault.seal(tokens, this.#place);
    const { outcome, record } = await this.#unit((repository, id) =>
      repository.land(id, attemptId, {
        tokens: sealed,
        ...(tokens.expiresAtMs !== undefined && { expiresAt: new Date(tokens.expiresAtMs) }),
        ...(refreshAtMs !== undefined && { refreshAt: new Date(refreshAtMs) }),
      }),
    );
    return { outcome, record: await this.#open(record) };
  }

  async abandon(attemptId: string, request: AbandonRequest): Promise<void> {
    await this.#unit((tokens, id) => tokens.abandon(id, attemptId, request));
  }

  async clear(): Promise<void> {
    await this.#unit((tokens, id) => tokens.clear(id));
  }

  #unit<Result>(work: (tokens: ConnectorTokenRepository, connectorId: string) => Promise<Result>): Promise<Result> {
    const { tenantId, recordId } = this.#place;
    return this.#database.asTenant(tenantId, ({ connectorTokens }) => work(connectorTokens, recordId));
  }

  async #open({ tokens, ...rest }: SealedTokenRecord): Promise<TokenRecord> {
    if (tokens === undefined) return { ...rest, tokens: undefined };
    return { ...rest, tokens: readTokenSet(await this.#vault.open(tokens, this.#place)) };
  }
}

// Loose: what a later release adds to a set has to survive this one.
const tokenSetSchema = z.looseObject({
  accessToken: z.string(),
  tokenType: z.string(),
  refreshToken: z.string().optional(),
  expiresAtMs: z.number().optional(),
  issuedAtMs: z.number(),
  scope: z.string().optional(),
  attributes: z.record(z.string(), z.string()),
  rotates: z.boolean().optional(),
  reconnectBeforeMs: z.number().optional(),
});

function readTokenSet(opened: unknown): TokenSet {
  const parsed = tokenSetSchema.safeParse(opened);
  if (!parsed.success) {
    throw new ConnectorError(
      "SEALED_VALUE_UNREADABLE",
      "The stored token set is not in a form that this release reads. Authorise the connector again.",
    );
  }
  const { refreshToken, expiresAtMs, scope, rotates, reconnectBeforeMs, ...rest } = parsed.data;
  return {
    ...rest,
    ...(refreshToken !== undefined && { refreshToken }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(scope !== undefined && { scope }),
    ...(rotates !== undefined && { rotates }),
    ...(reconnectBeforeMs !== undefined && { reconnectBeforeMs }),
  };
}
