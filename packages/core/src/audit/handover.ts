import { z } from "zod";
import { canonicalJson, type Signer } from "../vault/index.js";
import type { AuditHead } from "./signed-head.js";
import { isSignedWith } from "./signed-head.js";

/** The action of the event by which the key that signed a chain until there vouches for the next one. */
export const handoverAction = "audit.key_handed_over";

const schema = z.looseObject({
  /** Number of the last event that the old key answers for; the event of the hand-over stands right behind it. */
  seq: z.int(),
  /** Hash of that event. */
  hash: z.string(),
  fromKeyId: z.string(),
  /** Ed25519, 32 bytes in base64url. */
  fromPublicKey: z.string(),
  toKeyId: z.string(),
  /** Ed25519, 32 bytes in base64url. */
  toPublicKey: z.string(),
  /** Ed25519 of the hand-over's text by the old key, 64 bytes in base64url. */
  signature: z.string(),
});

/** What the event of a hand-over says in its `details`: nobody without the old key can make another one. */
export type KeyHandover = z.infer<typeof schema>;

/** Signs with the key that a chain was signed with until `head` that the next one is `to`. */
export function signHandover(
  from: Signer,
  tenantId: string,
  { seq, hash }: AuditHead,
  to: Pick<Signer, "keyId" | "publicKey">,
): KeyHandover {
  const keys = { fromKeyId: from.keyId, fromPublicKey: from.publicKey, toKeyId: to.keyId, toPublicKey: to.publicKey };
  const unsigned = { seq, hash, ...keys };
  return { ...unsigned, signature: from.sign(textOf(tenantId, unsigned)) };
}

/** The hand-over that an event's `details` hold, if it is signed with the key that it names; else `undefined`. */
export function readHandover(tenantId: unknown, details: unknown): KeyHandover | undefined {
  const { data: handover } = schema.safeParse(details);
  if (handover === undefined) return undefined;
  const text = textOf(tenantId, handover);
  return isSignedWith(handover.fromPublicKey, text, handover.signature) ? handover : undefined;
}

/** What is signed: canonical JSON (RFC 8785), with a name of its own so that it is no other statement of the same key. */
function textOf(tenantId: unknown, handover: Omit<KeyHandover, "signature">): string {
  const { seq, hash, fromPublicKey, toPublicKey } = handover;
  return canonicalJson({ fromPublicKey, hash, seq, statement: "isthmus.audit-handover", tenantId, toPublicKey, v: 1 });
}
