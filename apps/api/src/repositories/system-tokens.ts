import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import type { JsonObject, SystemQuery } from "./client.js";
import { connectorColumns } from "./connector-columns.js";
import type { ConnectorRow } from "./connectors.js";
import type { LandedTokens, SealedTokenRecord } from "./token-records.js";

/** A token set that is due, taken by this caller. */
export interface DueTokens {
  /** Everything that it takes to open it. */
  readonly connector: ConnectorRow;
  /** The attempt that was begun; of an ambiguous one, the attempt that somebody left behind. */
  readonly attemptId: string;
  /** Nobody knows whether the refresh token was used: only the vendor's policy can tell what to do. Nothing was begun. */
  readonly ambiguous: boolean;
  readonly record: SealedTokenRecord;
}

/** Which connector's tokens. */
export interface TokenPlace {
  readonly tenantId: string;
  readonly connectorId: string;
}

/** Token sets of all tenants. */
export interface SystemTokenRepository {
  /**
   * Takes up to `limit` token sets that are due for a refresh, the longest overdue first, and makes the intent of each
   * durable: nobody else begins while `leaseMs` lasts. Callers side by side get different ones.
   */
  claimDue(limit: number, leaseMs: number): Promise<readonly DueTokens[]>;
  /**
   * Stores a new set if `attemptId` is still the current attempt, whatever its lease says. A connection that had been given
   * up meanwhile works again.
   *
   * @returns the set's version, also when it has landed before; `undefined` when something else came after the attempt.
   */
  land(place: TokenPlace, attemptId: string, landed: LandedTokens): Promise<number | undefined>;
}

interface ClaimedRow extends ConnectorRow {
  readonly attemptId: string;
  readonly ambiguous: boolean;
  readonly tokenVersion: number;
  readonly tokens: JsonObject | null;
  readonly failures: number;
}

/** The functions for token sets. */
export function createSystemTokenRepository(query: SystemQuery): SystemTokenRepository {
  return {
    async claimDue(limit, leaseMs) {
      const rows = await query<ClaimedRow>(Prisma.sql`
        select attempt_id::text as "attemptId", ambiguous, version as "tokenVersion", tokens, failures,
          ${connectorColumns}
        from isthmus_claim_due_tokens(${limit}::integer, ${leaseMs}::float8)`);
      return rows.map(toDueTokens);
    },
    async land({ tenantId, connectorId }, attemptId, { tokens, expiresAt, refreshAt, reconnectBefore, isRenewal }) {
      const [row] = await query<{ version: number | null }>(Prisma.sql`
        select isthmus_land_tokens(${tenantId}::uuid, ${connectorId}::uuid, ${attemptId}::uuid,
          ${JSON.stringify(tokens)}::jsonb, ${expiresAt ?? null}::timestamptz, ${refreshAt ?? null}::timestamptz,
          ${reconnectBefore ?? null}::timestamptz, ${isRenewal}::boolean, ${newId()}::uuid) as version`);
      return row?.version ?? undefined;
    },
  };
}

function toDueTokens(row: ClaimedRow): DueTokens {
  const { attemptId, ambiguous, tokenVersion, tokens, failures, ...connector } = row;
  return {
    connector,
    attemptId,
    ambiguous,
    record: { version: tokenVersion, tokens: tokens ?? undefined, status: "active", retryInMs: 0, failures },
  };
}
