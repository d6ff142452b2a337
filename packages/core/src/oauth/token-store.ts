import type { TokenSet } from "./token-set.js";

/** What is stored of one connection. */
export interface TokenRecord {
  /** 0 before the first set; grows with each change of `tokens`, clearing included. */
  readonly version: number;
  /** `undefined` before anybody connected and after {@link TokenStore.clear}. */
  readonly tokens: TokenSet | undefined;
  /** `reconnect_required`: the grant is gone, and no refresh will be begun any more. */
  readonly status: "active" | "reconnect_required";
  /** Milliseconds, by the store's clock, before which no refresh should be begun: the last one failed. 0 or less: now. */
  readonly retryInMs: number;
  /** How many refreshes in a row have failed since the last landed set. */
  readonly failures: number;
}

/** What {@link TokenStore.begin} is asked for. */
export interface BeginRequest {
  /** `refresh` respects who else is at it; `authorize` (a person has just connected) supersedes everything else. */
  readonly purpose: "refresh" | "authorize";
  /**
   * The version that the caller holds. A `refresh` of anything but the stored version is `superseded`. Version 0, with
   * nothing stored, can be "refreshed" too: a grant without a person begins so.
   */
  readonly version: number;
  /** How long others leave the attempt alone, in milliseconds by the store's clock. Longer than the call's timeout. */
  readonly leaseMs: number;
  /** Id of an ambiguous attempt that the caller knowingly repeats because the vendor's policy allows it. */
  readonly repeats?: string;
}

/** The answer of {@link TokenStore.begin}. */
export type BeginResult =
  /** The intent is durable: the caller, and nobody else, may now call the vendor. */
  | { readonly outcome: "begun"; readonly attemptId: string; readonly record: TokenRecord }
  /** Somebody else is calling. Wait for their result, for `leaseMs` at the most. */
  | { readonly outcome: "held"; readonly leaseMs: number }
  /**
   * An attempt was begun and its outcome is not known (its holder died, or its call timed out): the refresh token may be
   * spent. Only the vendor's policy knows whether it may be sent again. `repeated`: it was itself the repeat of an
   * ambiguous one (`BeginRequest.repeats`), so a policy that allows one repeat has used it up, also across a restart.
   */
  | {
      readonly outcome: "ambiguous";
      readonly attemptId: string;
      readonly repeated: boolean;
      readonly record: TokenRecord;
    }
  /** The store has another version than the caller: use that one. */
  | { readonly outcome: "superseded"; readonly record: TokenRecord }
  /** The grant is gone. */
  | { readonly outcome: "reconnect_required"; readonly record: TokenRecord };

/** What {@link TokenStore.commit} stores. */
export interface CommitRequest {
  /** The whole new set. */
  readonly tokens: TokenSet;
  /** Epoch milliseconds at which a proactive refresh is due; stored in plain so that workers can find due rows. */
  readonly refreshAtMs: number | undefined;
}

/** How an attempt ended without new tokens. */
export interface AbandonRequest {
  /**
   * - `not_spent`: the vendor certainly did not use the refresh token (not sent, or refused as a whole). Free at once,
   *   to be tried again after `retryInMs`. An attempt that repeated an ambiguous one leaves it ambiguous, with
   *   `repeated: false`: this send did not happen, the one before it may have.
   * - `grant_gone`: the vendor said so (`invalid_grant`). Becomes `reconnect_required`.
   * - `given_up`: nobody knows whether it was used, and the vendor's policy forbids to send it again. Becomes
   *   `reconnect_required`, but the attempt stays current: its end may still come, from a process that was frozen or from a
   *   journal, and its `commit`, or word that the token was `not_spent`, brings the connection back.
   * - `unknown`: it may have been used. Stays ambiguous, and current: a late `commit` still lands. Nobody needs to
   *   wait for its lease any more.
   *
   * Each counts into {@link TokenRecord.failures}, and that is how those who wait notice. The tokens stay: their access
   * token serves while it lasts.
   */
  readonly outcome: "not_spent" | "grant_gone" | "given_up" | "unknown";
  /** The `ConnectorErrorCode` of what went wrong. */
  readonly code: string;
  /** How long nobody should try again, in milliseconds. Default 0. */
  readonly retryInMs?: number;
}

/**
 * Stores the tokens of **one** connection. One instance is bound to one connection; many instances, in many processes,
 * may stand for the same one, and the store is what keeps them from refreshing twice: a spent refresh token that is
 * sent again makes some vendors revoke the whole grant.
 *
 * A call of the vendor stands between `begin`, which must be durable before it returns, and `commit` or `abandon`.
 * Every method may throw when the storage is away; a `commit` that threw may be called again. A store that keeps nothing for
 * this connection any more, because its owner removed or changed it, throws `NOT_FOUND` from `begin`: that is an answer, and
 * nobody asks again. One whose owner was put aside may do so for a `refresh` while it keeps the set: somebody else's attempt is
 * `held` until it has ended.
 */
export interface TokenStore {
  /** The latest record. */
  load(): Promise<TokenRecord>;
  /** Claims the right to call the vendor. Atomic among all processes. */
  begin(request: BeginRequest): Promise<BeginResult>;
  /**
   * Lands new tokens if `attemptId` is still the current attempt, whatever its lease says. Otherwise nothing changes
   * and the answer holds what came after it. Repeating a commit that has landed answers `committed` again.
   */
  commit(
    attemptId: string,
    request: CommitRequest,
  ): Promise<{ readonly outcome: "committed" | "superseded"; readonly record: TokenRecord }>;
  /**
   * Ends an attempt without tokens. Does nothing when `attemptId` is no longer the current one; to an attempt that was given
   * up, nothing but `not_spent`.
   */
  abandon(attemptId: string, request: AbandonRequest): Promise<void>;
  /**
   * Notes what became known of the stored set, such as its expiry: replaces the set of `version` without a new version, if it
   * is still the stored one; an attempt under way goes on. Otherwise nothing changes. Answers with what is stored then.
   * Missing: each process knows what it was told itself.
   */
  amend?(version: number, request: CommitRequest): Promise<TokenRecord>;
  /** Destroys the tokens and supersedes any attempt. Doing it twice is the same as once. */
  clear(): Promise<void>;
}
