import type { ConnectorError, ConnectorErrorCode } from "../errors/index.js";

/** The account at the vendor that a connector is connected to. */
export interface ConnectedAccount {
  /** The vendor's own id of it: an organisation, a company, a system and client. Stable. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Whether the vendor says that this is real money or a playground; `unknown` where it does not say. */
  readonly environment: "production" | "sandbox" | "unknown";
  /** Whom we act as. */
  readonly user?: string;
}

/** One thing that a connection test looked at. */
export interface ConnectionCheck {
  /** Stable: `authentication`, `identity`, `api`, `limits`. */
  readonly name: string;
  /** Whether it was as it should be. */
  readonly ok: boolean;
  /** What was found, or what to do about it. */
  readonly detail: string;
  /** Set when it failed. */
  readonly code?: ConnectorErrorCode;
}

/** The result of a connection test. A vendor that refuses is a result, not an exception. */
export interface ConnectionTest {
  /** Every check passed. */
  readonly ok: boolean;
  /** The whole test, in milliseconds. */
  readonly latencyMs: number;
  /** Missing when the vendor did not get as far as naming it. */
  readonly account?: ConnectedAccount;
  /** In the order in which they were made. */
  readonly checks: readonly ConnectionCheck[];
}

/** What became of a grant whose vendor was asked to revoke it. */
export interface Revocation {
  /** Whether there was a grant at all. */
  readonly held: boolean;
  /** Whether the vendor confirmed that it is gone. */
  readonly revoked: boolean;
  /** Why not. Missing where the vendor has no way to be told. */
  readonly failure?: ConnectorError;
}
