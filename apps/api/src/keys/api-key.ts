import { createHash } from "node:crypto";
import type { Random } from "@isthmus/core";

/** A new API key, with what is stored of it. */
export interface NewKey {
  /** Shown once, never stored. */
  readonly key: string;
  /** The part that is no secret: people tell keys apart by it. */
  readonly prefix: string;
  readonly hash: string;
}

const pattern = /^isth_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/;

/** Makes a key `isth_<prefix>_<secret>` with a secret of 256 bits, so that a plain hash of it cannot be guessed. */
export function createApiKey(random: Random): NewKey {
  const prefix = random.bytes(4).toString("hex");
  const key = `isth_${prefix}_${random.bytes(32).toString("base64url")}`;
  return { key, prefix: `isth_${prefix}`, hash: sha256Hex(key) };
}

/** Whether `text` can be a key at all, so that nothing else costs a look into the database. */
export function isApiKey(text: string): boolean {
  return pattern.test(text);
}

/** SHA-256 in lower-case hexadecimal: how keys, link tokens, states and cookies are stored. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
