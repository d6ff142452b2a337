import type { SignedAuditHead } from "@isthmus/core";
import type { AuditEventFilter } from "../repositories/index.js";
import { toAuditLine } from "./audit-line.js";
import type { SealParts } from "./seal-audit.js";
import { sealWhatIsLeft } from "./verify-audit.js";

/** The last line of an export. */
export interface AuditExportEnd {
  /** The signed end of the chain when the export began; `null` = nothing was sealed yet. */
  readonly head: SignedAuditHead | null;
  /** Events in the lines before. */
  readonly events: number;
  /** Whether a filter left events out, so that the lines are not the whole chain. */
  readonly filtered: boolean;
  /** Events that could not be sealed, and so are not there. */
  readonly unsealed: number;
}

/** Numbers of one read: of all its events, or of the few that a filter shows. */
const pageSize = 500;

/**
 * All events of a tenant that `filter` shows, in the order of the chain, and a last line that says what they were. What is
 * not sealed yet is sealed first. Reads page by page, each in a transaction of its own, and no further than the chain went
 * when this began.
 */
export async function* exportAudit(
  parts: SealParts,
  tenantId: string,
  filter: AuditEventFilter,
): AsyncGenerator<object, void> {
  await sealWhatIsLeft(parts, tenantId);
  const { database } = parts;
  const { head, unsealed } = await database.asTenant(tenantId, async ({ auditChain }) => ({
    head: await auditChain.head(),
    unsealed: await auditChain.describeUnsealed(),
  }));
  const total = head?.seq ?? 0;
  let events = 0;
  for (let last = 0; last < total; last += pageSize) {
    const until = Math.min(last + pageSize, total);
    const rows = await database.asTenant(tenantId, ({ auditChain }) => auditChain.listWithin(filter, last, until));
    for (const row of rows) yield toAuditLine(row);
    events += rows.length;
  }
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const end: AuditExportEnd = { head: head ?? null, events, filtered, unsealed: unsealed.count };
  yield end;
}
