import {
  type Clock,
  genesisHash,
  hashAuditEvent,
  isAuditHeadGenuine,
  isConnectorError,
  type Logger,
  type SignedAuditHead,
  type Signer,
  signAuditHead,
  type Vault,
} from "@isthmus/core";
import type { Database } from "../database/index.js";
import type { AuditEventRow } from "../repositories/index.js";
import { sealedContentOf } from "./audit-line.js";

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

/** The end of a chain is not signed with the key that it names: somebody has written to the table past this service. */
export class ForgedAuditHeadError extends Error {
  override readonly name = "ForgedAuditHeadError";
}

/**
 * Seals all events of a tenant that are not sealed yet: puts them behind the end of its chain, in an order which that makes,
 * and signs the new end. Events count when they are committed, whenever their transactions began. Where several do this
 * at once, each event is sealed by one of them.
 *
 * @returns how many events this call sealed.
 * @throws {ForgedAuditHeadError} and nothing is sealed: what follows a forged end must not make it look genuine.
 * @throws {ConnectorError} while the tenant's data key does not open.
 */
export async function sealAudit(parts: SealParts, tenantId: string, options: SealOptions = {}): Promise<number> {
  const { batchSize = 500 } = options;
  const signer = options.signer ?? (await parts.vault.signer(tenantId, "audit"));
  let sealed = 0;
  for (;;) {
    const { head, rows } = await parts.database.asTenant(tenantId, async ({ auditChain }) => ({
      head: await auditChain.head(),
      rows: await auditChain.listUnsealed(batchSize),
    }));
    if (rows.length === 0 && (head === undefined || head.keyId === signer.keyId)) return sealed;
    await assertGenuine(parts, head, signer);
    const isLast = rows.length < batchSize;
    const links = linkEvents(head, rows);
    const end = links.at(-1) ?? { seq: head?.seq ?? 0, hash: head?.hash ?? genesisHash };
    const seals = {
      tenantId,
      fromSeq: head?.seq ?? 0,
      items: links,
      head: signAuditHead(signer, tenantId, end, new Date(parts.clock.now())),
      leaseMs: isLast ? 0 : (options.leaseMs ?? 0),
    };
    const landed = await parts.database.asSystem(({ audits }) => audits.land(seals));
    if (landed) sealed += rows.length;
    if (landed && isLast) return sealed;
  }
}

function linkEvents(head: SignedAuditHead | undefined, rows: readonly AuditEventRow[]) {
  let [seq, previousHash] = [head?.seq ?? 0, head?.hash ?? genesisHash];
  return rows.map((row) => {
    const link = { id: row.id, seq: seq + 1, previousHash, hash: hashAuditEvent(sealedContentOf(row), previousHash) };
    [seq, previousHash] = [link.seq, link.hash];
    return link;
  });
}

async function assertGenuine(parts: SealParts, head: SignedAuditHead | undefined, signer: Signer): Promise<void> {
  if (head === undefined) return;
  const { tenantId, seq, hash, keyId } = head;
  const publicKey = await findPublicKey(parts.vault, head, signer);
  if (publicKey === undefined) {
    parts.logger.error(
      { tenantId, seq, hash, keyId },
      "The key of an audit chain's end is gone, so nothing proves that end",
    );
    // Whoever can write to the table can make it so; it has to show in the chain.
    const facts = { action: "audit.end_unproven", targetType: "audit", outcome: "failure" } as const;
    await parts.database.asTenant(tenantId, ({ auditEvents }) =>
      auditEvents.append({ ...facts, details: { seq, hash, keyId } }),
    );
    return;
  }
  if (isAuditHeadGenuine(head, publicKey)) return;
  throw new ForgedAuditHeadError(`The end of the audit chain of tenant ${tenantId} is not signed with its key.`);
}

/**
 * The public key that a head has to be signed with, out of the tenant's data key and not out of the database, which whoever
 * forges a head can write to.
 *
 * @param known - A signer that is at hand.
 * @returns `undefined` when the data key is gone, as that of a deleted tenant is, or does not open.
 * @throws {ConnectorError} `KEY_UNAVAILABLE`.
 */
export async function findPublicKey(
  vault: Vault,
  { tenantId, keyId }: SignedAuditHead,
  known?: Signer,
): Promise<string | undefined> {
  if (known?.keyId === keyId) return known.publicKey;
  try {
    return (await vault.signer(tenantId, "audit", keyId)).publicKey;
  } catch (error) {
    if (isConnectorError(error) && error.code === "SEALED_VALUE_UNREADABLE") return undefined;
    throw error;
  }
}
