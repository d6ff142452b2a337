import {
  type Clock,
  genesisHash,
  hashAuditEvent,
  type Logger,
  type SignedAuditHead,
  type Signer,
  signAuditHead,
  type Vault,
} from "@isthmus/core";
import type { Database } from "../database/index.js";
import type { AuditEventRow, AuditSeal } from "../repositories/index.js";
import { sealedContentOf } from "./audit-line.js";
import { readChain } from "./read-chain.js";
import { proveEnd } from "./signing-keys.js";

/** What it takes to seal. */
export interface SealParts {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How a batch is sealed. */
export interface SealOptions {
  /** Events of one transaction. Default 500. */
  readonly batchSize?: number;
  /** For how much longer the tenant is the caller's after a batch that is not the last one, in milliseconds. Default 0. */
  readonly leaseMs?: number;
  /** Default: of the tenant's current data key. Handed in where that is gone. */
  readonly signer?: Signer;
}

/**
 * Seals all events of a chain that are not sealed yet: puts them behind its end, in an order which that makes, and signs the
 * new end. Events count when they are committed, whenever their transactions began. Where several do this at once, each event
 * is sealed by one of them. A signing key that was replaced hands over to the new one.
 *
 * @param tenantId - Whose; `platformId` = the platform's own.
 * @returns how many events this call sealed, of those that were there.
 * @throws {ForgedAuditHeadError} and nothing is sealed.
 * @throws {ConnectorError} while the tenant's data key does not open.
 */
export async function sealAudit(parts: SealParts, tenantId: string, options: SealOptions = {}): Promise<number> {
  const { batchSize = 500 } = options;
  let sealed = 0;
  for (;;) {
    const { head, rows } = await readChain(parts.database, tenantId, async (chain) => ({
      head: await chain.head(),
      rows: await chain.listUnsealed(batchSize),
    }));
    if (rows.length === 0 && head === undefined) return sealed;
    // After the head: a key that has handed over already would else take the chain back.
    const signer = options.signer ?? (await parts.vault.signer(tenantId, "audit"));
    if (rows.length === 0 && head?.keyId === signer.keyId) return sealed;
    const opening = head && (await proveEnd(parts, head, signer));
    const isLast = rows.length < batchSize;
    const items = [...linkEvents(head, opening, rows)];
    const { seq, hash } = items.at(-1) ?? { seq: 0, hash: genesisHash };
    const seals = {
      tenantId,
      fromSeq: head?.seq ?? 0,
      items,
      head: signAuditHead(signer, tenantId, { seq, hash }, new Date(parts.clock.now())),
      leaseMs: isLast ? 0 : (options.leaseMs ?? 0),
    };
    const landed = await parts.database.asSystem(({ audits }) => audits.land(seals));
    if (landed) sealed += rows.length;
    if (landed && isLast) return sealed;
  }
}

function* linkEvents(
  head: SignedAuditHead | undefined,
  opening: AuditEventRow | undefined,
  rows: readonly AuditEventRow[],
): Generator<AuditSeal> {
  let [seq, previousHash] = [head?.seq ?? 0, head?.hash ?? genesisHash];
  for (const row of opening ? [opening, ...rows] : rows) {
    const link = { id: row.id, seq: seq + 1, previousHash, hash: hashAuditEvent(sealedContentOf(row), previousHash) };
    yield row === opening ? { ...link, event: row } : link;
    [seq, previousHash] = [link.seq, link.hash];
  }
}
