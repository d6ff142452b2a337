import type { Prisma, TokenStatus } from "../generated/prisma/client.js";
import { type JsonObject, readObject } from "./client.js";

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
export type AbandonEffect = "failed" | "over" | "revived" | "ignored";

/** A row of `connector_tokens` as the queries read it, times turned into milliseconds from now. */
export interface TokenQueryRow {
  readonly version: number;
  readonly tokens: Prisma.JsonValue | null;
  readonly status: TokenStatus;
  readonly failures: number;
  readonly retryInMs: number;
  readonly attemptId: string | null;
  readonly attemptRepeated: boolean;
  /** What is left of the lease; 0 or less: it is over. */
  readonly leaseMs: number;
}

/** What {@link SealedTokenRecord} is before the first claim. */
export const emptyRecord: SealedTokenRecord = {
  version: 0,
  tokens: undefined,
  status: "active",
  retryInMs: 0,
  failures: 0,
};

/** The record in a row. */
export function toRecord(row: TokenQueryRow): SealedTokenRecord {
  return {
    version: row.version,
    tokens: row.tokens === null ? undefined : readObject(row.tokens),
    status: row.status,
    retryInMs: row.retryInMs,
    failures: row.failures,
  };
}

/** Why `request` may not begin now, or `undefined` when it may. */
export function refuseClaim(row: TokenQueryRow, request: ClaimRequest): ClaimResult | undefined {
  if (request.purpose === "authorize") return undefined;
  const record = toRecord(row);
  if (row.status === "reconnect_required") return { outcome: "reconnect_required", record };
  if (row.version !== request.version) return { outcome: "superseded", record };
  if (row.attemptId === null) return undefined;
  if (row.leaseMs > 0) return { outcome: "held", leaseMs: row.leaseMs };
  if (row.attemptId === request.repeats) return undefined;
  return { outcome: "ambiguous", attemptId: row.attemptId, repeated: row.attemptRepeated, record };
}
