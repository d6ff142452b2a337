import { OutcomeUnknownError } from "@isthmus/core";
import type { Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import { ApiError } from "../errors/index.js";
import { sha256Hex } from "../keys/api-key.js";
import type { IdempotencyKeyRow } from "../repositories/index.js";
import { defaultIdempotencyLeaseMs, type Services } from "../services.js";
import { KeyHold } from "./key-hold.js";
import { answerPlace, fingerprintPlace } from "./places.js";
import { openAnswer, type StoredAnswer } from "./stored-answer.js";

/** What makes a request the same as another one. */
export interface RequestFacts {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly url: string;
  readonly mediaType: string | null;
  /** Other headers that say what is to be done, where they are given. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, hexadecimal; `streamed` where it is read while the request is done. */
  readonly body: string | null;
}

/** What a request with a key comes to: it is to be done, or was done already. */
export type KeyClaim = { readonly hold: KeyHold } | { readonly answer: StoredAnswer };

/** How long a key is kept, in milliseconds. */
export const keptForMs = 86_400_000;

/** How soon a request whose twin is being done may come again, in milliseconds. */
const retryAfterMs = 1_000;

/** How often a request that met another one in this very moment looks again. */
const mostLooks = 3;

/**
 * Claims the caller's key for a request, before anything of it is done.
 *
 * @throws {ApiError} `IDEMPOTENCY_KEY_REUSED` where another request came with it, `IDEMPOTENCY_KEY_IN_USE` while the same one
 *   is being done.
 * @throws {OutcomeUnknownError} where the same one was begun, and nobody knows what became of it.
 */
export async function claimKey(
  services: Services,
  { tenantId, userId, requestId }: Caller,
  key: string,
  facts: RequestFacts,
): Promise<KeyClaim> {
  const { database, vault, settings } = services;
  const claim = { attemptId: newId(), leaseMs: settings.idempotencyLeaseMs ?? defaultIdempotencyLeaseMs };
  const keyHash = sha256Hex(key);
  const hold = async ({ id, dataKeyId }: IdempotencyKeyRow, isFirst: boolean) => {
    const sealer = await vault.sealer(answerPlace(tenantId, id), dataKeyId);
    return { hold: new KeyHold(services, { id, tenantId, isFirst, claim, sealer }) };
  };
  for (let look = 0; look < mostLooks; look += 1) {
    const id = newId();
    const fingerprint = await vault.digest(facts, fingerprintPlace(tenantId, id));
    const row = await database.asTenant(
      tenantId,
      async ({ idempotencyKeys }) =>
        (await idempotencyKeys.note({ id, userId, keyHash, fingerprint, requestId, keptForMs }, claim)) ??
        (await idempotencyKeys.find(userId, keyHash)),
    );
    if (row === undefined) continue; // gone in this very moment
    if (row.id === id) return hold(row, true);
    if (!(await vault.matchesDigest(row.fingerprint, facts, fingerprintPlace(tenantId, row.id)))) throw reused();
    if (row.answer !== null) return { answer: await openAnswer(vault, row) };
    if (row.isHeld) throw inUse();
    if (row.begunAt !== null) throw unknownOutcome(row);
    const isTaken = await database.asTenant(tenantId, ({ idempotencyKeys }) => idempotencyKeys.take(row.id, claim));
    if (isTaken) return hold(row, false);
  }
  throw inUse();
}

function reused(): ApiError {
  return new ApiError(
    "IDEMPOTENCY_KEY_REUSED",
    "Another request came with this Idempotency-Key: another method, address, media type, If-Match or body. Send each request with a key of its own.",
  );
}

function inUse(): ApiError {
  const message = "The same request is being done. Send it again in a moment to get its answer.";
  return new ApiError("IDEMPOTENCY_KEY_IN_USE", message, { retryable: true, retryAfterMs });
}

function unknownOutcome({ requestId }: IdempotencyKeyRow): OutcomeUnknownError {
  return new OutcomeUnknownError(
    "This request was begun, and the process that did it ended before its answer was kept. It is not done again.",
    {
      reconcile: `Look whether it was done: by what you sent, or in the audit (GET /v1/audit-events) under the request id ${requestId}. Where it was not, send it with another Idempotency-Key.`,
    },
  );
}
