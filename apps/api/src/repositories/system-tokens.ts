import { NotFoundError } from "@isthmus/core";
import { newId } from "../database/ids.js";
import { Prisma } from "../generated/prisma/client.js";
import type { JsonObject, SystemQuery } from "./client.js";
import { connectorColumns } from "./connector-columns.js";
import type { ConnectorRow } from "./connectors.js";
import {
  type ClaimRequest,
  type ClaimResult,
  emptyRecord,
  type LandedTokens,
  type SealedTokenRecord,
  type TokenStatus,
} from "./token-records.js";

/** A token set that is due, taken by this caller. */
export interface DueTokens {
  /** Everything that it takes to open it. */
  readonly connector: ConnectorRow;
  /** The attempt that was begun; of an ambiguous one, the attempt that somebody left behind. */
  readonly attemptId: string;
  /** Nobody knows whether the refresh token was used: only the vendor's policy can tell what to do. Nothing was begun. */
  readonly ambiguous: boolean;
  readonly record: SealedTokenRecord;
  /** The data key that seals the tenant's new values; `null` when it has none. */
  readonly activeKeyId: string | null;
}

/** A set for one connector, and the attempt that brought it. */
export interface Landing extends TokenPlace {
  readonly attemptId: string;
  readonly landed: LandedTokens;
}

/** Which connector's tokens. */
export interface TokenPlace {
  readonly tenantId: string;
  readonly connectorId: string;
}

/**
 * Token sets of all tenants: the storage of core's `TokenStore`. Each method is one transaction and, on a server, one round
 * trip, so that a claim is durable before the vendor is called. Leases and retries go by the database clock.
 */
export interface SystemTokenRepository {
  /** The latest record; version 0 without tokens when there is none. */
  load(place: TokenPlace): Promise<SealedTokenRecord>;
  /**
   * Claims the right to call the vendor, atomically among all processes.
   *
   * @throws {NotFoundError} When the tenant has no such connector, or not at the version that is asked for; when it would
   *   begin to refresh the tokens of a deleted one.
   */
  claim(place: TokenPlace, request: ClaimRequest): Promise<ClaimResult>;
  /**
   * Takes token sets that are due for a refresh, the longest overdue first, and makes the intent of each durable: nobody else
   * begins while `leaseMs` lasts. Callers side by side get different ones.
   *
   * @param attemptIds - Ids for the attempts, made by the caller: as many as it can take.
   */
  claimDue(attemptIds: readonly string[], leaseMs: number): Promise<readonly DueTokens[]>;
  /** Says that nothing was sent for these attempts, and nothing will be. Those that are not current are passed over. */
  release(attemptIds: readonly string[]): Promise<void>;
  /**
   * Stores a new set if `attemptId` is still the current attempt, whatever its lease says. A connection that had been given
   * up meanwhile works again.
   *
   * @returns the set's version, also when it has landed before; `undefined` when something else came after the attempt.
   */
  land(place: TokenPlace, attemptId: string, landed: LandedTokens): Promise<number | undefined>;
  /**
   * Stores the sets of any number of renewals in one commit, as {@link land} would, except those that are no plain case: an
   * attempt that is not the current one, a connection that had been given up, a set under another data key than the one before
   * it, and rows that somebody has locked. It waits for no row.
   *
   * @returns versions of the sets that it has stored, by the id of their attempts. The others are {@link land}'s to decide.
   */
  landPlain(landings: readonly Landing[]): Promise<ReadonlyMap<string, number>>;
}

interface RecordRow {
  readonly version: number;
  readonly tokens: JsonObject | null;
  readonly status: TokenStatus;
  readonly failures: number;
  readonly retryInMs: number;
}

interface ClaimRow extends RecordRow {
  readonly outcome: ClaimResult["outcome"];
  readonly attemptId: string;
  readonly repeated: boolean;
  readonly leaseMs: number;
}

interface DueRow extends ConnectorRow {
  readonly attemptId: string;
  readonly ambiguous: boolean;
  readonly tokenVersion: number;
  readonly tokens: JsonObject | null;
  readonly failures: number;
  readonly activeKeyId: string | null;
}

/** The functions for token sets. */
export function createSystemTokenRepository(query: SystemQuery): SystemTokenRepository {
  return {
    async load({ tenantId, connectorId }) {
      const [row] = await query<RecordRow>(Prisma.sql`
        select version, tokens, status, failures, retry_in_ms as "retryInMs"
        from isthmus_load_tokens(${tenantId}::uuid, ${connectorId}::uuid)`);
      return row === undefined ? emptyRecord : toRecord(row);
    },
    async claim({ tenantId, connectorId }, request) {
      const { purpose, version, leaseMs, repeats, attemptId, connectorVersion } = request;
      const [row] = await query<ClaimRow>(Prisma.sql`
        select outcome, attempt_id::text as "attemptId", repeated, lease_left_ms as "leaseMs",
          version, tokens, status, failures, retry_in_ms as "retryInMs"
        from isthmus_claim_tokens(${tenantId}::uuid, ${connectorId}::uuid, ${purpose}, ${version}::integer,
          ${leaseMs}::float8, ${repeats ?? null}::uuid, ${attemptId}::uuid, ${connectorVersion ?? null}::integer)`);
      if (row === undefined) throw new NotFoundError("The connector was changed or deleted meanwhile.");
      return toClaimResult(row);
    },
    async claimDue(attemptIds, leaseMs) {
      const rows = await query<DueRow>(Prisma.sql`
        select attempt_id::text as "attemptId", ambiguous, version as "tokenVersion", tokens, failures,
          active_key_id::text as "activeKeyId",
          ${connectorColumns}
        from isthmus_claim_due_tokens(${[...attemptIds]}::uuid[], ${leaseMs}::float8)`);
      return rows.map(toDueTokens);
    },
    async release(attemptIds) {
      const eventIds = attemptIds.map(newId);
      await query(Prisma.sql`select 1 from isthmus_release_attempts(${[...attemptIds]}::uuid[], ${eventIds}::uuid[])`);
    },
    async land({ tenantId, connectorId }, attemptId, { tokens, expiresAt, refreshAt, reconnectBefore, isRenewal }) {
      const [row] = await query<{ version: number | null }>(Prisma.sql`
        select isthmus_land_tokens(${tenantId}::uuid, ${connectorId}::uuid, ${attemptId}::uuid,
          ${JSON.stringify(tokens)}::jsonb, ${expiresAt ?? null}::timestamptz, ${refreshAt ?? null}::timestamptz,
          ${reconnectBefore ?? null}::timestamptz, ${isRenewal}::boolean, ${newId()}::uuid) as version`);
      return row?.version ?? undefined;
    },
    async landPlain(landings) {
      const rows = await query<{ attemptId: string; version: number }>(Prisma.sql`
        select attempt_id::text as "attemptId", version
        from isthmus_land_plain_renewals(${JSON.stringify(landings.map(toRenewal))}::jsonb)`);
      return new Map(rows.map(({ attemptId, version }) => [attemptId, version]));
    },
  };
}

function toRenewal({ tenantId, connectorId, attemptId, landed }: Landing): object {
  return {
    tenant_id: tenantId,
    connector_id: connectorId,
    attempt_id: attemptId,
    tokens: landed.tokens,
    expires_at: landed.expiresAt,
    refresh_at: landed.refreshAt,
    reconnect_before: landed.reconnectBefore,
    event_id: newId(),
  };
}

function toRecord({ version, tokens, status, failures, retryInMs }: RecordRow): SealedTokenRecord {
  return { version, tokens: tokens ?? undefined, status, failures, retryInMs };
}

function toClaimResult(row: ClaimRow): ClaimResult {
  const { outcome, attemptId, repeated, leaseMs } = row;
  if (outcome === "held") return { outcome, leaseMs };
  const record = toRecord(row);
  if (outcome === "begun") return { outcome, attemptId, record };
  return outcome === "ambiguous" ? { outcome, attemptId, repeated, record } : { outcome, record };
}

function toDueTokens(row: DueRow): DueTokens {
  const { attemptId, ambiguous, tokenVersion, tokens, failures, activeKeyId, ...connector } = row;
  return {
    connector,
    activeKeyId,
    attemptId,
    ambiguous,
    record: { version: tokenVersion, tokens: tokens ?? undefined, status: "active", retryInMs: 0, failures },
  };
}
