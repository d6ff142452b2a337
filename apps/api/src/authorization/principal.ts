import type { Role } from "../repositories/index.js";

/** Whom a request acts as, proven by an API key or by a token of the tenant's identity provider. */
export interface Principal {
  readonly tenantId: string;
  readonly userId: string;
  readonly userName: string;
  /** `undefined` = signed in with a token. */
  readonly apiKeyId?: string;
  /** Those of the user with an API key; with a token those that the token's claims stand for, for this request alone. */
  readonly roles: readonly Role[];
}

/** A request as the actions see it: who, and what the audit log notes beside. */
export interface Caller extends Principal {
  readonly requestId: string;
  /** Address of the peer. */
  readonly ip: string;
}
