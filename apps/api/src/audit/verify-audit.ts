import {
  type AuditBreak,
  AuditChainVerifier,
  type AuditHead,
  type AuditVerdict,
  type SignedAuditHead,
} from "@isthmus/core";
import { DatabaseUnavailableError } from "../database/index.js";
import type { UnsealedEvents } from "../repositories/index.js";
import { toAuditLine } from "./audit-line.js";
import { readChain } from "./read-chain.js";
import { type SealParts, sealAudit } from "./seal-audit.js";
import { findSigner } from "./signing-keys.js";

/** How far a verification is. */
export interface AuditProgress {
  /** Events that were looked at. */
  readonly checked: number;
  /** Events that there are to look at. */
  readonly total: number;
}

/** What a verification found. */
export interface AuditReport extends AuditVerdict {
  /** The signed end as it is stored; `undefined` = nothing was sealed yet. */
  readonly signedHead: SignedAuditHead | undefined;
  /** Whether the signature was held against the tenant's own data key; else only against the public key that is stored. */
  readonly isKeyHeld: boolean;
  /** What is not sealed. */
  readonly unsealed: UnsealedEvents;
}

/** Events of one read. */
const pageSize = 500;
/** A sealer that works has sealed an event long before. */
const unsealedForMs = 600_000;

/**
 * Looks over a chain of audit events. What is not sealed yet is sealed first where that can be done, so that
 * nothing is left out which was done before. Reads page by page, each in a transaction of its own.
 *
 * @param tenantId - Whose; `platformId` = the platform's own.
 * @param expected - A head that was kept outside.
 */
export async function* verifyAudit(
  parts: SealParts,
  tenantId: string,
  expected?: AuditHead,
): AsyncGenerator<AuditProgress, AuditReport> {
  await sealWhatIsLeft(parts, tenantId);
  const { database, vault } = parts;
  // Before the events: what comes behind them meanwhile is another time's. One after the other: see `lastSealed`.
  const { last, signedHead } = await readChain(database, tenantId, async (chain) => ({
    last: await chain.lastSealed(),
    signedHead: await chain.head(),
  }));
  const total = Math.max(last?.seq ?? 0, signedHead?.seq ?? 0);
  const verifier = new AuditChainVerifier({ head: expected });
  let checked = 0;
  while (!verifier.isDecided) {
    const rows = await readChain(database, tenantId, (chain) => chain.list(checked, total, pageSize));
    for (const row of rows) verifier.add(toAuditLine(row));
    checked = rows.at(-1)?.chain.seq ?? checked;
    if (rows.length < pageSize) break;
    yield { checked, total };
  }
  const signer = signedHead && (await findSigner(vault, signedHead));
  const verdict = verifier.end(signedHead, signer?.publicKey);
  const unsealed = await readChain(database, tenantId, (chain) => chain.describeUnsealed());
  const broken = verdict.break ?? findUnsealed(verdict.head.seq, unsealed);
  return {
    ...verdict,
    ok: broken === null,
    break: broken,
    signedHead,
    isKeyHeld: signer !== undefined,
    unsealed,
  };
}

/** Seals what can be sealed. What cannot shows in the report. */
export async function sealWhatIsLeft(parts: SealParts, tenantId: string): Promise<void> {
  try {
    await sealAudit(parts, tenantId);
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error;
    parts.logger.warn({ tenantId, err: error }, "Audit events cannot be sealed");
  }
}

function findUnsealed(lastSeq: number, { count, oldest }: UnsealedEvents): AuditBreak | null {
  if (oldest === undefined || oldest.ageMs <= unsealedForMs) return null;
  const minutes = Math.floor(oldest.ageMs / 60_000);
  const detail = `${count} events are not sealed, the oldest for ${minutes} minutes: see the log for why.`;
  return { kind: "UNSEALED", seq: lastSeq + 1, eventId: oldest.id, detail };
}
