import type { AuditLink, SignedAuditHead } from "@isthmus/core";
import { type AuditEventFilter, type AuditEventRow, toAuditEventRow, whereOf } from "./audit-events.js";
import type { TenantScope } from "./scope.js";

/** A sealed event. */
export type SealedEventRow = AuditEventRow & { readonly chain: AuditLink };

/** What is not sealed yet. */
export interface UnsealedEvents {
  readonly count: number;
  /** The one that waits longest. */
  readonly oldest: { readonly id: string; readonly ageMs: number } | undefined;
}

/** The last event of a chain, as the events say. */
export interface SealedEnd {
  readonly id: string;
  readonly seq: number;
}

/** A head as its columns have it. */
export interface StoredHead {
  readonly seq: bigint;
  readonly hash: Uint8Array | null;
  readonly keyId: string | null;
  readonly publicKey: string | null;
  readonly signature: string | null;
  readonly signedAt: Date | null;
}

/** A chain of audit events, to be read. Only the system's functions put something behind its end. */
export interface AuditChainReads {
  /** The signed end; `undefined` before the first event was sealed. */
  head(): Promise<SignedAuditHead | undefined>;
  /** Events that are not sealed yet, in the order of their ids. */
  listUnsealed(limit: number): Promise<readonly AuditEventRow[]>;
  /** How much that is, and since when (database clock). */
  describeUnsealed(): Promise<UnsealedEvents>;
  /** The last event that is sealed. Read before {@link head} it is no further, whatever is being sealed just now. */
  lastSealed(): Promise<SealedEnd | undefined>;
  /** Sealed events with numbers above `after` and up to `last`, in their order, `limit` at most. */
  list(after: number, last: number, limit: number): Promise<readonly SealedEventRow[]>;
}

/** The chain of one tenant's audit events. */
export interface AuditChainRepository extends AuditChainReads {
  /** Those that `filter` shows of the events with numbers above `after` and up to `last`, in their order. */
  listWithin(filter: AuditEventFilter, after: number, last: number): Promise<readonly SealedEventRow[]>;
}

/** The chain of the tenant of `scope`. */
export function createAuditChainRepository({ client, tenantId, readTime }: TenantScope): AuditChainRepository {
  return {
    async head() {
      const row = await client.auditHead.findUnique({ where: { tenantId } });
      return row === null ? undefined : toSignedHead(tenantId, row);
    },
    async listUnsealed(limit) {
      const where = { tenantId, chainSeq: null };
      return (await client.auditEvent.findMany({ where, orderBy: { id: "asc" }, take: limit })).map(toAuditEventRow);
    },
    async describeUnsealed() {
      const where = { tenantId, chainSeq: null };
      const count = await client.auditEvent.count({ where });
      if (count === 0) return { count, oldest: undefined };
      const oldest = await client.auditEvent.findFirst({ where, orderBy: { occurredAt: "asc" } });
      if (oldest === null) return { count, oldest: undefined };
      const ageMs = (await readTime()).getTime() - oldest.occurredAt.getTime();
      return { count, oldest: { id: oldest.id, ageMs } };
    },
    async lastSealed() {
      const where = { tenantId, chainSeq: { not: null } };
      const row = await client.auditEvent.findFirst({ where, orderBy: { chainSeq: "desc" } });
      return row === null ? undefined : { id: row.id, seq: Number(row.chainSeq) };
    },
    async list(after, last, limit) {
      const where = { tenantId, chainSeq: { gt: after, lte: last } };
      const rows = await client.auditEvent.findMany({ where, orderBy: { chainSeq: "asc" }, take: limit });
      return rows.map(toAuditEventRow).filter(isSealed);
    },
    async listWithin(filter, after, last) {
      const where = { ...whereOf(filter), tenantId, chainSeq: { gt: after, lte: last } };
      return (await client.auditEvent.findMany({ where, orderBy: { chainSeq: "asc" } }))
        .map(toAuditEventRow)
        .filter(isSealed);
    },
  };
}

/** A head as it is read; `undefined` before the first event was sealed. */
export function toSignedHead(tenantId: string, row: StoredHead): SignedAuditHead | undefined {
  const { keyId, publicKey, signature, signedAt } = row;
  if (row.hash === null || !keyId || !publicKey || !signature || signedAt === null) return undefined;
  const hash = Buffer.from(row.hash).toString("hex");
  // No genuine one is as high; the database does not take a number that is no whole one any more.
  const seq = Math.min(Number(row.seq), Number.MAX_SAFE_INTEGER);
  return { tenantId, seq, hash, signedAt: signedAt.toISOString(), keyId, publicKey, signature };
}

/** Whether an event has its place. */
export function isSealed(row: AuditEventRow): row is SealedEventRow {
  return row.chain !== null;
}
