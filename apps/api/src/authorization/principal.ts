import type { Role } from "../repositories/index.js";

/** Whom a request acts as, proven by its API key. */
export interface Principal {
  readonly tenantId: string;
  readonly userId: string;
  readonly userName: string;
  readonly apiKeyId: string;
  readonly roles: readonly Role[];
}

/** A request as the actions see it: who, and what the audit log notes beside. */
export interface Caller extends Principal {
  readonly requestId: string;
  /** Address of the peer. */
  readonly ip: string;
}
