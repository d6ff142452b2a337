import type { AuditLink, SignedAuditHead } from "@isthmus/core";
import { Prisma } from "../generated/prisma/client.js";
import type { AuditEventRow } from "./audit-events.js";
import type { SystemQuery } from "./client.js";

/** An event with its place. */
export interface AuditSeal extends AuditLink {
  readonly id: string;
  /** What the chain says of itself, written by its sealing; missing = it is there. */
  readonly event?: Pick<AuditEventRow, "action" | "targetType" | "outcome" | "details" | "occurredAt">;
}

/** Events to be put behind the end of a chain. */
export interface AuditSeals {
  readonly tenantId: string;
  /** Number of the last sealed event as it was read; 0 = none. */
  readonly fromSeq: number;
  readonly items: readonly AuditSeal[];
  /** The new end. */
  readonly head: SignedAuditHead;
  /** For how much longer nobody else is to take the tenant, in milliseconds; 0 = not any longer. */
  readonly leaseMs: number;
}

/** The audit chains of all tenants, and the platform's own under `platformId`. Leases go by the database clock. */
export interface SystemAuditRepository {
  /**
   * Takes tenants with events to seal, `limit` at most, those first whose chain was signed longest ago: nobody else takes
   * them while `leaseMs` lasts. Callers side by side get different ones.
   *
   * @param olderKeys - Also those whose head is signed under a data key that was replaced.
   * @returns ids of tenants.
   */
  claim(limit: number, leaseMs: number, olderKeys: boolean): Promise<readonly string[]>;
  /**
   * Seals events. @returns `false`, and nothing is stored, when the end of the chain is not the one that was read: somebody
   * else has sealed them.
   */
  land(seals: AuditSeals): Promise<boolean>;
}

/** The functions for audit chains. */
export function createSystemAuditRepository(query: SystemQuery): SystemAuditRepository {
  return {
    async claim(limit, leaseMs, olderKeys) {
      const rows = await query<{ tenantId: string }>(Prisma.sql`
        select tenant_id::text as "tenantId"
        from isthmus_claim_audits_to_seal(${limit}::integer, ${leaseMs}::float8, ${olderKeys}::boolean)`);
      return rows.map(({ tenantId }) => tenantId);
    },
    async land({ tenantId, fromSeq, items, head, leaseMs }) {
      const rows = items.map(({ previousHash, ...rest }) => ({ ...rest, previous_hash: previousHash }));
      const [row] = await query<{ landed: boolean }>(Prisma.sql`
        select isthmus_land_audit_seals(
          ${tenantId}::uuid, ${fromSeq}::bigint, ${JSON.stringify(rows)}::jsonb, ${head.seq}::bigint, ${head.hash}::text,
          ${head.keyId}::uuid, ${head.publicKey}::text, ${head.signature}::text, ${head.signedAt}::timestamptz,
          ${leaseMs}::float8
        ) as landed`);
      return row?.landed ?? false;
    },
  };
}
