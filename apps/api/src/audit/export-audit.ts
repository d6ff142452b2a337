import type { SignedAuditHead } from "@isthmus/core";
import type { AuditEventFilter } from "../repositories/index.js";
import { toAuditLine } from "./audit-line.js";
import { readChain } from "./read-chain.js";
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

/** Events of one read, shown or not. */
const pageSize = 500;

/**
 * All events of a chain, or those of a tenant that `filter` shows, in the order of the chain, and a last line that says what
 * they were. What is not sealed yet is sealed first. Reads page by page, each in a transaction of its own, and no further than
 * the chain went when this began.
 *
 * @param tenantId - Whose; `platformId` = the platform's own, which takes no filter.
 */
export async function* exportAudit(
  parts: SealParts,
  tenantId: string,
  filter: AuditEventFilter = {},
): AsyncGenerator<object, void> {
  await sealWhatIsLeft(parts, tenantId);
  const { database } = parts;
  const { head, unsealed } = await readChain(database, tenantId, async (chain) => ({
    head: await chain.head(),
    unsealed: await chain.describeUnsealed(),
  }));
  const total = head?.seq ?? 0;
  const filtered = Object.values(filter).some((value) => value !== undefined);
  let [events, last] = [0, 0];
  for (;;) {
    // Whatever the filter shows: by the numbers themselves, which somebody may have made very high.
    const page = await readChain(database, tenantId, (chain) => chain.list(last, total, pageSize));
    const [after, until] = [last, page.at(-1)?.chain.seq ?? last];
    const rows = filtered
      ? await database.asTenant(tenantId, ({ auditChain }) => auditChain.listWithin(filter, after, until))
      : page;
    for (const row of rows) yield toAuditLine(row);
    events += rows.length;
    if (page.length < pageSize) break;
    last = until;
  }
  const end: AuditExportEnd = { head: head ?? null, events, filtered, unsealed: unsealed.count };
  yield end;
}
