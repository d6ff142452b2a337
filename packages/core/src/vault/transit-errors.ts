import { z } from "zod";
import { ConnectorError, redactText, type VendorFault } from "../errors/index.js";
import type { TransportResponse } from "../http/index.js";

/** A call that failed, as the messages name it. */
export interface TransitCall {
  readonly verb: "encrypt" | "decrypt";
  /** Mount and key name, such as `transit/isthmus`. */
  readonly keyId: string;
  /** Kept out of every word of the error. */
  readonly token: string;
}

const errorsSchema = z.looseObject({ errors: z.array(z.string()) });

// Some releases answer 500 to a wrong context, others 400: https://github.com/hashicorp/vault/issues/10842
const doesNotOpen = /message authentication failed|invalid ciphertext|unable to decrypt|disallowed by policy/i;
const noSuchKey = /(?:key|policy) not found/i;

/**
 * What a refusal of the server means.
 *
 * | status | error |
 * |-|-|
 * | 400 to encrypt; 400 with "key not found"; 404 (no engine there); 405 | `KEY_INVALID` |
 * | 400 to decrypt otherwise; 500 that says the ciphertext does not open | `SEALED_VALUE_UNREADABLE` |
 * | 403 (token expired, policy), 429, 472, 473, 503 (sealed) and any other | `KEY_UNAVAILABLE`, retryable |
 *
 * @see https://developer.hashicorp.com/vault/api-docs#http-status-codes
 */
export function toTransitError(response: TransportResponse, call: TransitCall): ConnectorError {
  const { status } = response;
  const words = readErrors(response);
  const vendor = toFault(status, words, call.token);
  const says = `The transit engine answered with status ${status} to ${call.verb} with key ${call.keyId}`;
  const isRefused = status === 400 || (status === 500 && doesNotOpen.test(words));
  if (status === 404 || status === 405 || (isRefused && (call.verb === "encrypt" || noSuchKey.test(words)))) {
    const message = `${says}: check the names of engine (mount) and key, and that the key's type can encrypt with associated data.`;
    return new ConnectorError("KEY_INVALID", message, { vendor });
  }
  if (isRefused) {
    const message = `${says}: the wrapped data key was altered or moved, or the version of the key that wrapped it is gone or below min_decryption_version.`;
    return new ConnectorError("SEALED_VALUE_UNREADABLE", message, { vendor });
  }
  if (status === 403) {
    const message = `${says}: the token has expired, or its policy does not allow update on this path. Give it another token or policy, then try again.`;
    return new ConnectorError("KEY_UNAVAILABLE", message, { vendor });
  }
  const why = status === 503 ? "it is sealed or in maintenance" : "it cannot serve this now";
  return new ConnectorError("KEY_UNAVAILABLE", `${says}: ${why}. Try again later.`, { vendor });
}

function readErrors(response: TransportResponse): string {
  const result = errorsSchema.safeParse(response.tryJson(), { reportInput: false });
  return result.success ? result.data.errors.join("; ") : "";
}

function toFault(status: number, words: string, token: string): VendorFault {
  return words === "" ? { status } : { status, message: redactText(words.replaceAll(token, "[redacted]")) };
}
