import {
  type Clock,
  handoverAction,
  isAuditHeadGenuine,
  isConnectorError,
  type Logger,
  type SignedAuditHead,
  type Signer,
  signHandover,
  unprovenAction,
  type Vault,
} from "@isthmus/core";
import { newId } from "../database/index.js";
import type { AuditEventRow } from "../repositories/index.js";

/** The end of a chain is not signed with the key that it names: somebody has written to the table past this service. */
export class ForgedAuditHeadError extends Error {
  override readonly name = "ForgedAuditHeadError";
}

/**
 * Proves the end of a chain before something is put behind it.
 *
 * @param next - Signs from now on.
 * @returns the event that has to stand right behind the end: the hand-over of its key to the next one, or that nothing proves it,
 *   because its key is gone; `undefined` where the key stays.
 * @throws {ForgedAuditHeadError} what follows a forged end must not make it look genuine.
 * @throws {ConnectorError} `KEY_UNAVAILABLE`.
 */
export async function proveEnd(
  { vault, clock, logger }: { readonly vault: Vault; readonly clock: Clock; readonly logger: Logger },
  head: SignedAuditHead,
  next: Signer,
): Promise<AuditEventRow | undefined> {
  const { tenantId, seq, hash, keyId } = head;
  const signer = await findSigner(vault, head, next);
  const at = new Date(clock.now());
  if (signer === undefined) {
    logger.error({ tenantId, seq, hash, keyId }, "The key of an audit chain's end is gone, so nothing proves that end");
    // Whoever can write to the table can make it so; it has to show in the chain.
    return eventOf(tenantId, unprovenAction, "failure", { seq, hash, keyId }, at);
  }
  if (!isAuditHeadGenuine(head, signer.publicKey)) {
    throw new ForgedAuditHeadError(`The end of the audit chain of tenant ${tenantId} is not signed with its key.`);
  }
  if (signer.keyId === next.keyId) return undefined;
  return eventOf(tenantId, handoverAction, "success", signHandover(signer, tenantId, head, next), at);
}

/**
 * The key that a head has to be signed with, out of the vault and not out of the database, which whoever forges a head can
 * write to.
 *
 * @param known - A signer that is at hand.
 * @returns `undefined` when the data key is gone, as that of a deleted tenant is, or does not open.
 * @throws {ConnectorError} `KEY_UNAVAILABLE`.
 */
export async function findSigner(
  vault: Vault,
  { tenantId, keyId }: SignedAuditHead,
  known?: Signer,
): Promise<Signer | undefined> {
  if (known?.keyId === keyId) return known;
  try {
    return await vault.signer(tenantId, "audit", keyId);
  } catch (error) {
    if (isConnectorError(error) && error.code === "SEALED_VALUE_UNREADABLE") return undefined;
    throw error;
  }
}

function eventOf(
  tenantId: string,
  action: string,
  outcome: AuditEventRow["outcome"],
  details: object,
  occurredAt: Date,
): AuditEventRow {
  const nobody = { actorUserId: null, actorApiKeyId: null, ip: null, requestId: null };
  const about = { targetType: "audit", targetId: null, details: { ...details }, occurredAt, chain: null };
  return { id: newId(), tenantId, action, outcome, ...nobody, ...about };
}
