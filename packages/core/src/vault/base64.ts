import { z } from "zod";

/** base64url without padding, and only in its one canonical spelling: no stray bits, no line breaks. */
export const base64UrlBytes = z.string().refine(isCanonicalBase64Url, "must be base64url");

/** {@link base64UrlBytes} of exactly `length` bytes. */
export function base64UrlOf(length: number): z.ZodString {
  const characters = Math.ceil((length * 4) / 3);
  return z.string().length(characters).refine(isCanonicalBase64Url, `must be ${length} bytes in base64url`);
}

function isCanonicalBase64Url(text: string): boolean {
  // Node's decoder skips what it does not know, so the way back tells.
  return Buffer.from(text, "base64url").toString("base64url") === text;
}
