import { createHash } from "node:crypto";
import { BoundedMap } from "./bounded-map.js";
import type { Clock, RandomBytes } from "./clock.js";

/** What a person or an administrator allowed a client to do. Tokens come from a grant and die with it. */
export interface Grant {
  id: string;
  clientId: string;
  userId: string;
  scopes: string[];
  /** The refresh token that is good now; `null` where the grant has none (client credentials, JWT bearer). */
  refreshToken: string | null;
  /** When the client was first allowed, in milliseconds since 1970. */
  createdAt: number;
  /** When the refresh token that is good now was made, in milliseconds since 1970. */
  refreshTokenIssuedAt: number;
}

/** A live access token and what it is for. */
export interface AccessToken {
  token: string;
  grantId: string;
  clientId: string;
  userId: string;
  scopes: string[];
  issuedAt: number;
  expiresAt: number;
}

/** An authorization code that waits to be exchanged, once. */
export interface AuthorizationCode {
  clientId: string;
  userId: string;
  redirectUri: string;
  scopes: string[];
  codeChallenge: string | null;
  expiresAt: number;
}

/** Why a refresh token was not accepted. `reused` means that it was rotated away before: the whole grant is now revoked, unless the policy spares it. */
export type RefreshRefusal = "unknown" | "reused";

/** How tokens look and how long things live; vendors differ. Read at each use, so that it may change while running. */
export interface GrantPolicy {
  accessTokenLifetimeMs: number;
  codeLifetimeMs: number;
  rotateRefreshTokens: boolean;
  /** How long a refresh token's value stays before a refresh replaces it, where tokens rotate. Default 0: each refresh. */
  refreshTokenRotationMs?: number;
  /** How long an unused refresh token's value is good. Default: for ever. */
  refreshTokenLifetimeMs?: number;
  /** Whether a value that was rotated away and comes back ends its grant. Default true. */
  revokeOnReuse?: boolean;
  /** Live grants of one user for one client; the oldest is revoked when there are more. */
  grantsPerUser: number;
}

/** The grants as plain data, to be kept across a restart. */
export interface GrantSnapshot {
  grants: Grant[];
  spent: [string, string][];
  accessTokens: AccessToken[];
}

interface GrantStoreOptions {
  clock: Clock;
  random: RandomBytes;
  policy: GrantPolicy;
  /** Builds a token's text from random characters: `"access"`, `"refresh"` or `"code"`. */
  formatToken: (kind: "access" | "refresh" | "code", random: string) => string;
  /** Called after every change that a restart should remember. */
  onChange?: () => void;
}

/**
 * OAuth grants with refresh-token rotation and reuse detection, in memory.
 *
 * Bounds: 2 000 grants, 20 000 access tokens, 20 000 spent refresh tokens, 1 000 open codes; the oldest go first.
 */
export class GrantStore {
  readonly #options: GrantStoreOptions;
  readonly #codes = new BoundedMap<string, AuthorizationCode>(1_000);
  readonly #grants = new BoundedMap<string, Grant>(2_000, (id, grant) => this.#forget(id, grant));
  readonly #accessTokens = new BoundedMap<string, AccessToken>(20_000);
  readonly #byRefreshToken = new Map<string, string>();
  readonly #spent = new BoundedMap<string, string>(20_000);

  constructor(options: GrantStoreOptions) {
    this.#options = options;
  }

  /** Makes a single-use code. */
  issueCode(details: Omit<AuthorizationCode, "expiresAt">): string {
    const code = this.#newToken("code");
    this.#codes.set(code, { ...details, expiresAt: this.#now() + this.#options.policy.codeLifetimeMs });
    return code;
  }

  /** Takes a code out. A second call with the same code finds nothing. */
  takeCode(code: string): AuthorizationCode | "expired" | "unknown" {
    const found = this.#codes.get(code);
    if (found === undefined) return "unknown";
    this.#codes.delete(code);
    return found.expiresAt > this.#now() ? found : "expired";
  }

  /** Starts a grant, with a refresh token when `refreshable`. */
  createGrant(details: Pick<Grant, "clientId" | "userId" | "scopes"> & { refreshable: boolean }): Grant {
    const { refreshable, ...rest } = details;
    const grant: Grant = {
      ...rest,
      id: this.#newToken("code"),
      createdAt: this.#now(),
      refreshTokenIssuedAt: this.#now(),
      refreshToken: refreshable ? this.#newToken("refresh") : null,
    };
    this.#grants.set(grant.id, grant);
    if (grant.refreshToken !== null) this.#byRefreshToken.set(grant.refreshToken, grant.id);
    this.#limitGrants(grant);
    this.#options.onChange?.();
    return grant;
  }

  /** The standing grant of a client that acts without a person at a browser; made at first use, without refresh token. */
  standingGrant(details: Pick<Grant, "clientId" | "userId" | "scopes">): Grant {
    for (const grant of this.#grants.values()) {
      const same = grant.clientId === details.clientId && grant.userId === details.userId;
      if (same && grant.refreshToken === null && grant.scopes.join(" ") === details.scopes.join(" ")) return grant;
    }
    return this.createGrant({ ...details, refreshable: false });
  }

  issueAccessToken(grant: Grant): AccessToken {
    const now = this.#now();
    const accessToken: AccessToken = {
      token: this.#newToken("access"),
      grantId: grant.id,
      clientId: grant.clientId,
      userId: grant.userId,
      scopes: grant.scopes,
      issuedAt: now,
      expiresAt: now + this.#options.policy.accessTokenLifetimeMs,
    };
    this.#accessTokens.set(accessToken.token, accessToken);
    this.#options.onChange?.();
    return accessToken;
  }

  /**
   * Finds the grant of a refresh token that a client wants to use.
   *
   * One that was rotated away and comes back is a sign of theft: its whole grant is revoked, as OAuth's security
   * guidance asks and Salesforce does. https://www.rfc-editor.org/rfc/rfc9700#section-4.14
   */
  findRefreshable(refreshToken: string, clientId: string): Grant | RefreshRefusal {
    const spentGrantId = this.#spent.get(refreshToken);
    if (spentGrantId !== undefined) {
      if (this.#options.policy.revokeOnReuse ?? true) this.revokeGrant(spentGrantId);
      return "reused";
    }
    const grant = this.#grants.get(this.#byRefreshToken.get(refreshToken) ?? "");
    if (grant === undefined || grant.clientId !== clientId) return "unknown";
    const lifetimeMs = this.#options.policy.refreshTokenLifetimeMs ?? Number.POSITIVE_INFINITY;
    return this.#now() - grant.refreshTokenIssuedAt >= lifetimeMs ? "unknown" : grant;
  }

  /** Retires the grant's refresh token and gives it a new one, when the policy says so. @returns whether it did. */
  rotate(grant: Grant): boolean {
    if (!this.#options.policy.rotateRefreshTokens || grant.refreshToken === null) return false;
    if (this.#now() - grant.refreshTokenIssuedAt < (this.#options.policy.refreshTokenRotationMs ?? 0)) return false;
    this.#byRefreshToken.delete(grant.refreshToken);
    this.#spent.set(grant.refreshToken, grant.id);
    grant.refreshToken = this.#newToken("refresh");
    grant.refreshTokenIssuedAt = this.#now();
    this.#byRefreshToken.set(grant.refreshToken, grant.id);
    this.#options.onChange?.();
    return true;
  }

  /** The access token, if it is known and has not expired. */
  findAccessToken(token: string): AccessToken | undefined {
    const found = this.#accessTokens.get(token);
    return found !== undefined && found.expiresAt > this.#now() ? found : undefined;
  }

  /** The grant whose current refresh token this is. Unlike using the token, looking has no consequence. */
  findByRefreshToken(refreshToken: string): Grant | undefined {
    return this.#grants.get(this.#byRefreshToken.get(refreshToken) ?? "");
  }

  revokeAccessToken(token: string): void {
    this.#accessTokens.delete(token);
    this.#options.onChange?.();
  }

  /** Ends a grant: its refresh token and all its access tokens stop working. */
  revokeGrant(id: string): void {
    const grant = this.#grants.get(id);
    if (grant === undefined) return;
    this.#grants.delete(id);
    this.#forget(id, grant);
    this.#options.onChange?.();
  }

  /** Ends every grant. @returns how many there were. */
  revokeAll(): number {
    const ids = [...this.#grants.entries()].map(([id]) => id);
    for (const id of ids) this.revokeGrant(id);
    return ids.length;
  }

  /** Lets every access token run out now; refresh tokens stay good. @returns how many there were. */
  expireAccessTokens(): number {
    const count = this.#accessTokens.size;
    this.#accessTokens.clear();
    this.#options.onChange?.();
    return count;
  }

  /** Forgets everything, without revoking anything in particular. */
  clear(): void {
    this.#codes.clear();
    this.#grants.clear();
    this.#accessTokens.clear();
    this.#byRefreshToken.clear();
    this.#spent.clear();
    this.#options.onChange?.();
  }

  snapshot(): GrantSnapshot {
    return {
      grants: [...this.#grants.values()],
      spent: [...this.#spent.entries()],
      // The latest thousand: whoever holds an older one refreshes.
      accessTokens: [...this.#accessTokens.values()].filter((token) => token.expiresAt > this.#now()).slice(-1_000),
    };
  }

  restore(snapshot: GrantSnapshot): void {
    for (const saved of snapshot.grants) {
      // A file of an earlier release has no times.
      const grant = { ...saved, createdAt: saved.createdAt ?? this.#now() };
      grant.refreshTokenIssuedAt ??= this.#now();
      this.#grants.set(grant.id, grant);
      if (grant.refreshToken !== null) this.#byRefreshToken.set(grant.refreshToken, grant.id);
    }
    for (const [token, grantId] of snapshot.spent) this.#spent.set(token, grantId);
    for (const token of snapshot.accessTokens) this.#accessTokens.set(token.token, token);
  }

  #limitGrants(latest: Grant): void {
    const same = [...this.#grants.values()].filter(
      (grant) => grant.clientId === latest.clientId && grant.userId === latest.userId && grant.refreshToken !== null,
    );
    for (const grant of same.slice(0, Math.max(0, same.length - this.#options.policy.grantsPerUser))) {
      this.revokeGrant(grant.id);
    }
  }

  #forget(id: string, grant: Grant): void {
    if (grant.refreshToken !== null) this.#byRefreshToken.delete(grant.refreshToken);
    for (const [token, accessToken] of [...this.#accessTokens.entries()]) {
      if (accessToken.grantId === id) this.#accessTokens.delete(token);
    }
  }

  #newToken(kind: "access" | "refresh" | "code"): string {
    return this.#options.formatToken(kind, Buffer.from(this.#options.random(64)).toString("base64url"));
  }

  #now(): number {
    return this.#options.clock();
  }
}

/**
 * Whether a verifier belongs to an S256 challenge.
 *
 * @param maximumLength - 128 in the standard; Salesforce asks for 128 random *bytes* in base64url, which are 171 characters.
 * @see https://www.rfc-editor.org/rfc/rfc7636#section-4.6
 */
export function verifiesChallenge(verifier: string, challenge: string, maximumLength = 128): boolean {
  if (verifier.length > maximumLength || !/^[A-Za-z0-9\-._~]{43,}$/.test(verifier)) return false;
  return createHash("sha256").update(verifier, "ascii").digest("base64url") === challenge;
}
