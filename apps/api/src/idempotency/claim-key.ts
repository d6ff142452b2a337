import { OutcomeUnknownError } from "@isthmus/core";
import { newId } from "../database/index.js";
import { ApiError } from "../errors/index.js";
import { sha256Hex } from "../keys/api-key.js";
import type { IdempotencyKeyRow } from "../repositories/index.js";
import { defaultIdempotencyLeaseMs, type Services } from "../services.js";
import type { KeyBook, NotedRequest } from "./key-book.js";
import { KeyHold } from "./key-hold.js";
import type { RequestFacts } from "./request-facts.js";
import { openAnswer, type StoredAnswer } from "./stored-answer.js";

/** What a request with a key comes to: it is to be done, or was done already. */
export type KeyClaim = { readonly hold: KeyHold } | { readonly answer: StoredAnswer };

/** How soon a request whose twin is being done may come again, in milliseconds. */
const retryAfterMs = 1_000;

/** How often a request that met another one in this very moment looks again. */
const mostLooks = 3;

/**
 * Claims a key for a request, before anything of it is done.
 *
 * @throws {ApiError} `IDEMPOTENCY_KEY_REUSED` where another request came with it, `IDEMPOTENCY_KEY_IN_USE` while the same one
 *   is being done.
 * @throws {OutcomeUnknownError} where the same one was begun, and nobody knows what became of it.
 */
export async function claimKey(services: Services, book: KeyBook, key: string, facts: RequestFacts): Promise<KeyClaim> {
  const { idempotencyLeaseMs: leaseMs = defaultIdempotencyLeaseMs } = services.settings;
  const claim = { attemptId: newId(), leaseMs };
  const keyHash = sha256Hex(key);
  const hold = async ({ row: { id, createdAt, dataKeyId }, vault }: NotedRequest, isFirst: boolean) => {
    const sealer = await vault.sealer(book.place(id, "answer"), dataKeyId);
    return { hold: new KeyHold(services, book, { id, createdAt, isFirst, claim, sealer }) };
  };
  for (let look = 0; look < mostLooks; look += 1) {
    const id = newId();
    const noted = await book.note({ id, keyHash, facts }, claim);
    if (noted === undefined) continue; // gone in this very moment
    const { row, vault } = noted;
    if (row.id === id) return hold(noted, true);
    if (!(await vault.matchesDigest(row.fingerprint, facts, book.place(row.id, "fingerprint")))) throw reused();
    if (row.answer !== null) return { answer: await openAnswer(vault, row.answer, book.place(row.id, "answer")) };
    if (row.isHeld) throw inUse();
    if (row.begunAt !== null) throw unknownOutcome(row, book);
    if (await book.run((keys) => keys.take(row.id, claim))) return hold(noted, false);
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

function unknownOutcome({ requestId }: IdempotencyKeyRow, { auditPath }: KeyBook): OutcomeUnknownError {
  return new OutcomeUnknownError(
    "This request was begun, and the process that did it ended before its answer was kept. It is not done again.",
    {
      reconcile: `Look whether it was done: by what you sent, or in the audit (GET ${auditPath}) under the request id ${requestId}. Where it was not, send it with another Idempotency-Key.`,
    },
  );
}
