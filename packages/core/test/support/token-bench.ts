import { EventBus, type LifecycleEventName } from "../../src/events/index.js";
import {
  defaultRefreshPolicy,
  MemoryTokenStore,
  type RefreshPolicy,
  TokenManager,
  type TokenManagerOptions,
  type TokenSet,
  type TokenStore,
} from "../../src/oauth/index.js";
import { FaultyStore } from "./faulty-store.js";
import { type OAuthBench, openBench } from "./oauth-bench.js";
import type { Answer, TokenServer } from "./token-server.js";

/** A token manager on a real token endpoint, with everything it says written down. */
export interface TokenBench extends OAuthBench {
  readonly store: TokenStore;
  readonly manager: TokenManager;
  /** Names of the events so far. */
  readonly events: LifecycleEventName[];
  /** Log lines so far, as JSON. */
  readonly lines: string[];
  /** Another manager over the same store, as another process would have it. */
  another(options?: Partial<TokenManagerOptions>): TokenManager;
  /** Values of `refresh_token` that the server saw. */
  sentRefreshTokens(): (string | null)[];
}

/** What {@link openTokenBench} can be told. */
export interface TokenBenchOptions extends Partial<Omit<TokenManagerOptions, "policy" | "store">> {
  readonly policy?: Partial<RefreshPolicy>;
  /** What is stored at the beginning; `null`: nothing. Default: {@link storedTokens}, issued now, for an hour. */
  readonly tokens?: Partial<TokenSet> | null;
  readonly grant?: "authorization_code" | "client_credentials";
  /** Puts something between the managers and the memory store. */
  readonly wrap?: (store: TokenStore) => TokenStore;
}

/** An answer that grants the `n`-th pair of tokens. Without `rotate`, the refresh token stays. */
export function grants(n: number, options: { readonly expiresIn?: unknown; readonly rotate?: boolean } = {}): Answer {
  const { rotate = true } = options;
  const expiresIn = "expiresIn" in options ? options.expiresIn : 3600;
  const refresh = rotate ? { refresh_token: `refresh-t0ken-${n}` } : {};
  return { json: { access_token: `access-t0ken-${n}`, token_type: "Bearer", expires_in: expiresIn, ...refresh } };
}

/** A bench whose store holds `access-t0ken-1` and `refresh-t0ken-1`. */
export async function openTokenBench(
  script: TokenServer["script"],
  options: TokenBenchOptions = {},
): Promise<TokenBench> {
  const { policy, tokens, grant, wrap = (store) => store, ...rest } = options;
  const bench = await openBench(script, { grant: grant ?? "authorization_code" });
  const { clock, client } = bench;
  const stored = tokens === null ? undefined : storedTokens(clock.now(), tokens);
  const store = wrap(new MemoryTokenStore({ clock, ...(stored && { tokens: stored }) }));
  const lines: string[] = [];
  const log = (fields: object, message: string) => {
    lines.push(JSON.stringify({ ...fields, message }));
  };
  const bus = new EventBus();
  const events: LifecycleEventName[] = [];
  bus.onAny((name) => {
    events.push(name);
  });
  const another = (more: Partial<TokenManagerOptions> = {}) =>
    new TokenManager({
      store,
      client,
      clock,
      random: { number: () => 0.5, bytes: (length) => Buffer.alloc(length), uuid: () => crypto.randomUUID() },
      connection: { type: "test", connectorId: "c-1" },
      events: bus,
      logger: { debug: log, info: log, warn: log, error: log },
      policy: { ...defaultRefreshPolicy, ...policy },
      ...rest,
      ...more,
    });
  return {
    ...bench,
    store,
    events,
    lines,
    another,
    manager: another(),
    sentRefreshTokens: () => bench.server.seen.map(({ form }) => form.get("refresh_token")),
  };
}

/** The first set: issued at `nowMs` for an hour. */
export function storedTokens(nowMs: number, changes: Partial<TokenSet> = {}): TokenSet {
  return {
    accessToken: "access-t0ken-1",
    refreshToken: "refresh-t0ken-1",
    tokenType: "Bearer",
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + 3_600_000,
    attributes: { instance_url: "https://eu1.example" },
    ...changes,
  };
}

/** A bench like {@link openTokenBench}, with a store on the way to which failures can be put. */
export async function openFaultyBench(
  script: TokenServer["script"],
  options: Omit<TokenBenchOptions, "wrap"> = {},
): Promise<{ readonly bench: TokenBench; readonly faulty: FaultyStore } & AsyncDisposable> {
  const bench = await openTokenBench(script, { ...options, wrap: (store) => new FaultyStore(store) });
  const { store: faulty } = bench;
  if (!(faulty instanceof FaultyStore)) throw new Error("The store was not wrapped");
  return { bench, faulty, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}
