import { createHash, randomBytes } from "node:crypto";

interface Grant {
  accessTokens: Set<string>;
  refreshToken: string | undefined;
  readonly spentRefreshTokens: Set<string>;
}

interface OpenCode {
  readonly redirectUri: string;
  readonly challenge: string | null;
}

/** The answer of the token endpoint. */
export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The clients and users that the reference vendor knows. Secrets are ones that a URL and JSON have to escape. */
export const vendorAccounts = {
  clientId: "reference-client",
  clientSecret: "reference/secret+of=the client",
  username: "ada",
  password: "reference:pass/word+1",
} as const;

/** OAuth at the reference vendor: rotating refresh tokens; one that is used twice ends its grant. */
export class Grants {
  /** Whether token answers state `expires_in`. */
  statesLifetime = true;
  readonly #codes = new Map<string, OpenCode>();
  #grants: Grant[] = [];

  /** The query that the browser is sent back with. */
  authorize(request: URLSearchParams, allow: boolean): URLSearchParams {
    const answer = new URLSearchParams();
    const state = request.get("state");
    if (state !== null) answer.set("state", state);
    if (!allow) {
      answer.set("error", "access_denied");
      return answer;
    }
    const code = `code-${randomBytes(18).toString("base64url")}`;
    this.#codes.set(code, {
      redirectUri: request.get("redirect_uri") ?? "",
      challenge: request.get("code_challenge"),
    });
    answer.set("code", code);
    return answer;
  }

  /** Answers a token request of a client that has proven itself. */
  token(form: URLSearchParams): TokenAnswer {
    switch (form.get("grant_type")) {
      case "authorization_code":
        return this.#redeem(form);
      case "refresh_token":
        return this.#refresh(form.get("refresh_token") ?? "");
      case "client_credentials":
        return this.#issue({ accessTokens: new Set(), refreshToken: undefined, spentRefreshTokens: new Set() }, false);
      default:
        return { status: 400, body: { error: "unsupported_grant_type" } };
    }
  }

  /** Ends the grant of a token, if there is one (RFC 7009). */
  revoke(token: string): void {
    this.#grants = this.#grants.filter((grant) => grant.refreshToken !== token && !grant.accessTokens.has(token));
  }

  isValid(accessToken: string): boolean {
    return this.#grants.some((grant) => grant.accessTokens.has(accessToken));
  }

  expireAccessTokens(): void {
    for (const grant of this.#grants) grant.accessTokens.clear();
  }

  revokeAll(): void {
    this.#grants = [];
  }

  #redeem(form: URLSearchParams): TokenAnswer {
    const code = form.get("code") ?? "";
    const open = this.#codes.get(code);
    this.#codes.delete(code);
    if (open?.redirectUri !== form.get("redirect_uri")) return invalidGrant;
    const verifier = form.get("code_verifier") ?? "";
    if (open.challenge !== null && createHash("sha256").update(verifier).digest("base64url") !== open.challenge) {
      return invalidGrant;
    }
    return this.#issue({ accessTokens: new Set(), refreshToken: undefined, spentRefreshTokens: new Set() }, true);
  }

  #refresh(refreshToken: string): TokenAnswer {
    const spent = this.#grants.find((grant) => grant.spentRefreshTokens.has(refreshToken));
    if (spent) this.#grants = this.#grants.filter((grant) => grant !== spent);
    const grant = this.#grants.find((candidate) => candidate.refreshToken === refreshToken);
    if (!grant) return invalidGrant;
    grant.spentRefreshTokens.add(refreshToken);
    return this.#issue(grant, true);
  }

  #issue(grant: Grant, renewable: boolean): TokenAnswer {
    const accessToken = `access-${randomBytes(18).toString("base64url")}`;
    grant.accessTokens.add(accessToken);
    grant.refreshToken = renewable ? `refresh-${randomBytes(18).toString("base64url")}` : undefined;
    if (!this.#grants.includes(grant)) this.#grants.push(grant);
    const body = {
      access_token: accessToken,
      token_type: "Bearer",
      ...(grant.refreshToken !== undefined && { refresh_token: grant.refreshToken }),
      ...(this.statesLifetime && { expires_in: 3600 }),
    };
    return { status: 200, body };
  }
}

const invalidGrant: TokenAnswer = { status: 400, body: { error: "invalid_grant" } };
