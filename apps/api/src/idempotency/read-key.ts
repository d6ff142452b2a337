import type { IncomingMessage } from "node:http";
import { ApiError } from "../errors/index.js";

/** As long as Stripe's. */
const mostCharacters = 255;

// RFC 8941, 3.3.3: a string, which the draft of the header asks for. Only the quote and the backslash are escaped.
const quotedPattern = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;
// What everybody sends in fact: the key as it is. A comma would be two keys of a client that joins headers.
const barePattern = /^[!#-+\--[\]-~]+$/;

/**
 * The caller's key of a request: `Idempotency-Key: "8e03978e-…"`, or without the quotes, which is the same key.
 *
 * @returns 1 to 255 characters of printable ASCII; `undefined` where the request has none.
 * @throws {ApiError} `IDEMPOTENCY_KEY_INVALID`.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function readIdempotencyKey({ headersDistinct }: Pick<IncomingMessage, "headersDistinct">): string | undefined {
  const given = headersDistinct["idempotency-key"];
  if (given === undefined) return undefined;
  const [only = "", ...others] = given;
  const quoted = quotedPattern.exec(only)?.[1]?.replace(/\\(["\\])/g, "$1");
  const key = quoted ?? (barePattern.test(only) ? only : "");
  if (others.length === 0 && key.length >= 1 && key.length <= mostCharacters) return key;
  throw new ApiError(
    "IDEMPOTENCY_KEY_INVALID",
    `Send one Idempotency-Key of 1 to ${mostCharacters} printable ASCII characters, such as a random UUID; in quotes where it has blanks or commas.`,
  );
}
