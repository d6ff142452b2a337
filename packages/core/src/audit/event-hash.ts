import { createHash } from "node:crypto";
import { canonicalJson } from "../vault/index.js";

/** What the first event of a chain has in place of a hash before it. */
export const genesisHash: string = "0".repeat(64);

/** Where an audit event stands in its chain. */
export interface AuditLink {
  /** Place in the chain, from 1 on without a gap: the order of sealing. */
  readonly seq: number;
  /** `hash` of the event before; {@link genesisHash} of the first. */
  readonly previousHash: string;
  /** SHA-256 over the event and `previousHash`, lower-case hexadecimal: see {@link hashAuditEvent}. */
  readonly hash: string;
}

/** An audit event in its chain, as it is exported: one line of NDJSON. */
export interface ChainedAuditEvent {
  readonly id: string;
  readonly chain: AuditLink;
  /** All that it says. */
  readonly [property: string]: unknown;
}

/**
 * The hash of an event: SHA-256 of the canonical JSON (RFC 8785) of `{ event, previousHash, v: 1 }`, where `event` is all
 * of the exported event but `chain`. The number is not in it: the hash before says where the event stands, so that one
 * which was moved is told from one that was changed.
 */
export function hashAuditEvent(event: object, previousHash: string): string {
  return createHash("sha256")
    .update(canonicalJson({ event, previousHash, v: 1 }), "utf8")
    .digest("hex");
}
