import type { SealContext, Vault } from "@isthmus/core";
import { z } from "zod";
import type { JsonObject } from "../repositories/index.js";

/** Largest body that is kept, in bytes of UTF-8: as large as what a route reads. */
export const answerLimitBytes = 4 * 1024 * 1024;

/** The headers of an answer that belong to what it says. The others are of the request that is answered. */
export const keptHeaders = ["content-type", "location", "etag"] as const;

const storedAnswerSchema = z.strictObject({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  /** `null`: it was too large. */
  body: z.string().nullable(),
  /** SHA-256 of the bytes that the request streamed, hexadecimal; missing where there were none, or not all were read. */
  contentHash: z.string().optional(),
});

/** An answer as it is kept, sealed: it may show a secret that is shown once. */
export type StoredAnswer = z.output<typeof storedAnswerSchema>;

/** What is kept of an answer. */
export function toStoredAnswer(
  status: number,
  headers: Readonly<Record<string, unknown>>,
  body: string,
  contentHash: string | undefined,
): StoredAnswer {
  const kept = keptHeaders.flatMap((name) => {
    const value = headers[name];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  const isSmall = Buffer.byteLength(body) <= answerLimitBytes;
  return {
    status,
    headers: Object.fromEntries(kept),
    body: isSmall ? body : null,
    ...(contentHash !== undefined && { contentHash }),
  };
}

/** Opens an answer that was kept. Throws as `Vault.open`. */
export async function openAnswer(vault: Vault, sealed: JsonObject, place: SealContext): Promise<StoredAnswer> {
  return storedAnswerSchema.parse(await vault.open(sealed, place));
}
