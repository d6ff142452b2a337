import { createPublicKey, verify } from "node:crypto";
import { canonicalJson, type Signer } from "../vault/index.js";

/** The end of a chain. */
export interface AuditHead {
  /** Number of the last event; 0 before the first one. */
  readonly seq: number;
  /** Hash of the last event. */
  readonly hash: string;
}

/** The end of a chain with a signature: nobody without the tenant's data key can make another one. */
export interface SignedAuditHead extends AuditHead {
  /** Whose audit it is; zeros = the platform's own. */
  readonly tenantId: string;
  /** ISO 8601, UTC. */
  readonly signedAt: string;
  /** Id of the data key that the signing key is derived from. */
  readonly keyId: string;
  /** Ed25519, 32 bytes in base64url. */
  readonly publicKey: string;
  /** Ed25519 of the head's text, 64 bytes in base64url. */
  readonly signature: string;
}

/** Signs the end of a tenant's chain. */
export function signAuditHead(signer: Signer, tenantId: string, head: AuditHead, signedAt: Date): SignedAuditHead {
  const { keyId, publicKey } = signer;
  const unsigned = { tenantId, seq: head.seq, hash: head.hash, signedAt: signedAt.toISOString(), keyId, publicKey };
  return { ...unsigned, signature: signer.sign(textOf(unsigned)) };
}

/**
 * Whether a head is signed with the private key of `publicKey`.
 *
 * @param publicKey - From where it cannot have been changed together with the head. Default: the head's own.
 */
export function isAuditHeadGenuine(head: SignedAuditHead, publicKey: string = head.publicKey): boolean {
  return isSignedWith(publicKey, textOf(head), head.signature);
}

/**
 * Whether a text's UTF-8 bytes are signed with the private key of a public one.
 *
 * @param publicKey - Ed25519, 32 bytes in base64url.
 * @param signature - 64 bytes in base64url.
 */
export function isSignedWith(publicKey: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
    return verify(null, Buffer.from(text, "utf8"), key, Buffer.from(signature, "base64url"));
  } catch {
    return false; // what is no public key at all has signed nothing
  }
}

/** What is signed: canonical JSON (RFC 8785), with a name of its own so that it is no other statement of the same key. */
function textOf({ tenantId, seq, hash, signedAt }: Omit<SignedAuditHead, "signature">): string {
  return canonicalJson({ hash, seq, signedAt, statement: "isthmus.audit-head", tenantId, v: 1 });
}
