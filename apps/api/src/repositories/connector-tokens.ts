import { Prisma } from "../generated/prisma/client.js";
import { scopedSql, type TenantScope } from "./scope.js";
import type { AbandonEffect, AbandonedAttempt, LandedTokens, TokenStatus } from "./token-records.js";

/**
 * What becomes of the token sets of one tenant's connectors beside the renewing itself, which is {@link SystemTokenRepository}'s.
 * Retries go by the database clock.
 */
export interface ConnectorTokenRepository {
  /** Ends an attempt without tokens. */
  abandon(connectorId: string, attemptId: string, attempt: AbandonedAttempt): Promise<AbandonEffect>;
  /** Replaces the set of `version` by the same one with more known of it, if it is still the stored one. */
  amend(
    connectorId: string,
    version: number,
    known: Pick<LandedTokens, "tokens" | "expiresAt" | "refreshAt">,
  ): Promise<void>;
  /** Of those of the connectors that have one: after which moment only a person can renew the grant. */
  findReconnectBefore(connectorIds: readonly string[]): Promise<ReadonlyMap<string, Date>>;
  /** Puts a new set in the place of everything else, a renewal under way included. */
  replace(connectorId: string, landed: Omit<LandedTokens, "isRenewal">): Promise<void>;
  /** Destroys the tokens and supersedes any attempt. Doing it twice is the same as once. */
  clear(connectorId: string): Promise<void>;
}

const noAttempt = { attemptId: null, attemptRepeated: false, leaseUntil: null, attemptStartedAt: null } as const;
const noFailure = { failureCode: null, failedAt: null, failureCount: 0, retryAt: null } as const;

/** The token sets of the connectors of the tenant of `scope`. */
export function createConnectorTokenRepository({ client, tenantId }: TenantScope): ConnectorTokenRepository {
  const table = client.connectorToken;
  const at = (connectorId: string) => scopedSql`tenant_id = ${tenantId}::uuid and connector_id = ${connectorId}::uuid`;

  return {
    async abandon(connectorId, attemptId, { outcome, code, retryInMs }) {
      const where = scopedSql`${at(connectorId)} and attempt_id = ${attemptId}::uuid`;
      const failure = Prisma.sql`
        failure_code = ${code}, failed_at = clock_timestamp(), failure_count = failure_count + 1,
        updated_at = clock_timestamp()`;
      if (outcome === "grant_gone" || outcome === "given_up") {
        // The answer of an attempt that was given up may still come, and is the only way to the grant then.
        const late = outcome === "given_up";
        const ended = await client.$executeRaw`
          update connector_tokens set
            attempt_id = case when ${late} then attempt_id end, attempt_repeated = false,
            attempt_started_at = null, lease_until = null, status = 'reconnect_required', ${failure}
          where ${where} and status = 'active'`;
        return { kind: ended > 0 ? "over" : "ignored" };
      }
      // Ambiguous attempts remain, only nobody waits for their lease any more. So does a repeat that was not spent: it did
      // not happen, and the send before it is as doubtful as it was. One that was given up has ended: all that can still be
      // said of it is that it never was sent.
      const unknown = outcome === "unknown";
      const [before] = await client.$queryRaw<{ status: TokenStatus; failures: number }[]>`
        select status::text as status, failure_count as failures from connector_tokens where ${where} for update`;
      // A repeat that was not spent leaves its place to an attempt without a holder: that it is said twice changes nothing.
      // Cut to what the column keeps: rounded, the lease would end up to half a millisecond from now.
      const ended = await client.$executeRaw`
        update connector_tokens set
          status = 'active',
          attempt_id = case when ${unknown} then attempt_id when attempt_repeated then gen_random_uuid() end,
          attempt_started_at = case when ${unknown} or attempt_repeated then attempt_started_at end,
          lease_until = case when ${unknown} or attempt_repeated then date_trunc('milliseconds', clock_timestamp()) end,
          attempt_repeated = ${unknown} and attempt_repeated,
          retry_at = clock_timestamp() + ${milliseconds(retryInMs ?? 0)}, ${failure}
        where ${where} and (status = 'active' or ${outcome === "not_spent"})`;
      if (ended === 0 || before === undefined) return { kind: "ignored" };
      return before.status === "active" ? { kind: "failed", failures: before.failures + 1 } : { kind: "revived" };
    },

    async amend(connectorId, version, { tokens, expiresAt, refreshAt }) {
      await client.$executeRaw`
        update connector_tokens set
          tokens = ${JSON.stringify(tokens)}::jsonb, expires_at = ${expiresAt ?? null}::timestamptz,
          refresh_at = ${refreshAt ?? null}::timestamptz, updated_at = clock_timestamp()
        where ${at(connectorId)} and version = ${version}::integer and tokens is not null`;
    },

    async replace(connectorId, { tokens, expiresAt, refreshAt, reconnectBefore }) {
      const [until, due, last] = [expiresAt ?? null, refreshAt ?? null, reconnectBefore ?? null];
      await client.$executeRaw`
        insert into connector_tokens as t
          (connector_id, tenant_id, tokens, version, expires_at, refresh_at, reconnect_before)
        values (${connectorId}::uuid, ${tenantId}::uuid, ${JSON.stringify(tokens)}::jsonb, 1, ${until}::timestamptz,
          ${due}::timestamptz, ${last}::timestamptz)
        on conflict (connector_id) do update set
          tokens = excluded.tokens, version = t.version + 1, status = 'active', expires_at = excluded.expires_at,
          refresh_at = excluded.refresh_at, reconnect_before = excluded.reconnect_before, landed_attempt_id = null,
          attempt_id = null, attempt_repeated = false, attempt_started_at = null, lease_until = null,
          failure_code = null, failed_at = null, failure_count = 0, retry_at = null, updated_at = clock_timestamp()
        where t.tenant_id = ${tenantId}::uuid`;
    },

    async findReconnectBefore(connectorIds) {
      const rows = await table.findMany({
        where: { tenantId, connectorId: { in: [...connectorIds] }, reconnectBefore: { not: null } },
        select: { connectorId: true, reconnectBefore: true },
      });
      return new Map(rows.flatMap((row) => (row.reconnectBefore ? [[row.connectorId, row.reconnectBefore]] : [])));
    },

    async clear(connectorId) {
      // The version counts changes of the tokens: where there are none, only an attempt is superseded.
      const cleared = {
        status: "active",
        expiresAt: null,
        refreshAt: null,
        reconnectBefore: null,
        landedAttemptId: null,
      } as const;
      await table.updateMany({
        where: { tenantId, connectorId, tokens: { not: Prisma.DbNull } },
        data: { tokens: Prisma.DbNull, version: { increment: 1 }, ...cleared, ...noAttempt, ...noFailure },
      });
      await table.updateMany({
        where: { tenantId, connectorId, tokens: { equals: Prisma.DbNull } },
        data: { ...cleared, ...noAttempt, ...noFailure },
      });
    },
  };
}

function milliseconds(value: number): Prisma.Sql {
  return Prisma.sql`make_interval(secs => ${value / 1000}::float8)`;
}
