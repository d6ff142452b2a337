import {
  type AbandonRequest,
  type BeginRequest,
  type BeginResult,
  type Clock,
  type CommitRequest,
  MemoryTokenStore,
  systemRandom,
  type TokenRecord,
  type TokenSet,
  type TokenStore,
} from "@isthmus/core";

/** Core's store in memory, telling every token that passes: each is a secret from then on. */
export class WatchedTokenStore implements TokenStore {
  readonly #store: MemoryTokenStore;
  readonly #tell: (secret: string) => void;

  constructor(clock: Clock, tell: (secret: string) => void) {
    this.#store = new MemoryTokenStore({ clock, random: systemRandom });
    this.#tell = tell;
  }

  load(): Promise<TokenRecord> {
    return this.#store.load();
  }

  begin(request: BeginRequest): Promise<BeginResult> {
    return this.#store.begin(request);
  }

  commit(
    attemptId: string,
    request: CommitRequest,
  ): Promise<{ readonly outcome: "committed" | "superseded"; readonly record: TokenRecord }> {
    this.#tellTokens(request.tokens);
    return this.#store.commit(attemptId, request);
  }

  abandon(attemptId: string, request: AbandonRequest): Promise<void> {
    return this.#store.abandon(attemptId, request);
  }

  amend(version: number, request: CommitRequest): Promise<TokenRecord> {
    return this.#store.amend(version, request);
  }

  clear(): Promise<void> {
    return this.#store.clear();
  }

  #tellTokens(tokens: TokenSet): void {
    this.#tell(tokens.accessToken);
    if (tokens.refreshToken !== undefined) this.#tell(tokens.refreshToken);
  }
}
