import type { TokenStatus } from "../generated/prisma/client.js";
import type { JsonObject } from "./client.js";

export type { TokenStatus };

/** What is stored of one connection, as core's `TokenRecord` has it, with the token set still sealed. */
export interface SealedTokenRecord {
  /** 0 before the first set; grows with each change of `tokens`, clearing included. */
  readonly version: number;
  /** `undefined` before anybody connected and after a disconnect. */
  readonly tokens: JsonObject | undefined;
  readonly status: TokenStatus;
  /** Milliseconds, by the database clock, before which no refresh should be begun. 0 or less: now. */
  readonly retryInMs: number;
  /** Failed refreshes in a row. */
  readonly failures: number;
}

/** What a claim is asked for: core's `BeginRequest`. */
export interface ClaimRequest {
  readonly purpose: "refresh" | "authorize";
  readonly version: number;
  readonly leaseMs: number;
  readonly repeats?: string;
  /** Id for the attempt, made by the caller: where the answer is lost, it can still say that nothing was sent. */
  readonly attemptId: string;
  /** `authorize` only of the connector as it was at this version. Default: at any. */
  readonly connectorVersion?: number;
}

/** The answer to a claim: core's `BeginResult`, sealed. */
export type ClaimResult =
  | { readonly outcome: "begun"; readonly attemptId: string; readonly record: SealedTokenRecord }
  | { readonly outcome: "held"; readonly leaseMs: number }
  | {
      readonly outcome: "ambiguous";
      readonly attemptId: string;
      readonly repeated: boolean;
      readonly record: SealedTokenRecord;
    }
  | { readonly outcome: "superseded"; readonly record: SealedTokenRecord }
  | { readonly outcome: "reconnect_required"; readonly record: SealedTokenRecord };

/** A new token set, sealed, with the times that stand beside it in plain. */
export interface LandedTokens {
  readonly tokens: object;
  readonly expiresAt?: Date;
  readonly refreshAt?: Date;
  /** After it only a person can renew the grant. */
  readonly reconnectBefore?: Date;
  /** Whether a refresh brought it, which is audited, or a person's authorization, which has its own audit. */
  readonly isRenewal: boolean;
}

/** How an attempt ended without tokens: core's `AbandonRequest`. */
export interface AbandonedAttempt {
  readonly outcome: "not_spent" | "grant_gone" | "given_up" | "unknown";
  /** Error code of what went wrong. */
  readonly code: string;
  readonly retryInMs?: number;
}

/**
 * What the end of an attempt did to a connection: one more failure; only a person can mend it now; it works again, because
 * the attempt that had been given up was never sent; nothing, because the attempt was not the current one.
 */
export type AbandonEffect =
  | { readonly kind: "over" | "revived" | "ignored" }
  /** Failures in a row now. */
  | { readonly kind: "failed"; readonly failures: number };

/** What {@link SealedTokenRecord} is before the first claim. */
export const emptyRecord: SealedTokenRecord = {
  version: 0,
  tokens: undefined,
  status: "active",
  retryInMs: 0,
  failures: 0,
};
