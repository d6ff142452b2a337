import { ConnectorError } from "../errors/index.js";
import { type LaravelCipher, parseLaravelKeys } from "./laravel-keys.js";
import { decryptLaravelPayload } from "./laravel-payload.js";
import { decodeUtf8, type PlainValue, parsePhpSerialized } from "./php-serialized.js";
import type { SealContext, SealedValue } from "./sealed-value.js";
import type { Vault } from "./vault.js";

/** How to read what a Laravel application encrypted. */
export interface LaravelOptions {
  /** The application's `APP_KEY`, then each of its `APP_PREVIOUS_KEYS`: `base64:…` or the raw key. Tried in this order. */
  readonly keys: readonly string[];
  /** `cipher` of its `config/app.php`. Default `AES-256-CBC`, as in Laravel. */
  readonly cipher?: LaravelCipher;
  /**
   * What was encrypted: `serialized` by `Crypt::encrypt` and `encrypt()`; `text` by `Crypt::encryptString` and the cast
   * `encrypted`; `json` by the casts `encrypted:array`, `encrypted:object` and `encrypted:collection`. Default `serialized`.
   */
  readonly content?: "serialized" | "text" | "json";
}

/**
 * Opens one value that Laravel's encrypter wrote: AES-128 or AES-256, CBC with HMAC-SHA256 or GCM. Data only: a serialised
 * PHP object is refused. Numbers that JSON cannot hold exactly are refused rather than changed.
 *
 * @param payload - The column's text, base64.
 * @throws {ConnectorError} `KEY_INVALID` for a key that is no key of this cipher, `SEALED_VALUE_UNREADABLE` for a value that
 * was altered, that no given key opens, or whose content is another than `content` says. Neither shows any of the value.
 * @see https://laravel.com/docs/encryption
 */
export function openLaravelValue(payload: string, options: LaravelOptions): PlainValue {
  const { cipher = "AES-256-CBC", content = "serialized" } = options;
  const keys = parseLaravelKeys(options.keys, cipher);
  try {
    const plaintext = decryptLaravelPayload(payload, keys, cipher);
    try {
      return content === "serialized" ? parsePhpSerialized(plaintext) : readText(plaintext, content);
    } finally {
      plaintext.fill(0);
    }
  } finally {
    for (const key of keys) key.fill(0);
  }
}

/**
 * Moves one value from Laravel's encrypter to the vault: opens it and seals it for its new place. Nothing is stored; write
 * the result, and keep the old column until the new one was read back.
 *
 * @throws {ConnectorError} what {@link openLaravelValue} and {@link Vault.seal} throw.
 */
export async function importLaravel(
  payload: string,
  options: LaravelOptions,
  vault: Pick<Vault, "seal">,
  context: SealContext,
): Promise<SealedValue> {
  return vault.seal(openLaravelValue(payload, options), context);
}

function readText(plaintext: Buffer, content: "text" | "json"): PlainValue {
  const text = decodeUtf8(plaintext);
  if (text === undefined) throw mismatch("is not UTF-8, so it cannot be kept as text");
  if (content === "text") return text;
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the value.
    throw mismatch("is not JSON: was it written by encrypt() (content: serialized) or encryptString (content: text)?");
  }
}

function mismatch(problem: string): ConnectorError {
  return new ConnectorError("SEALED_VALUE_UNREADABLE", `What Laravel encrypted ${problem}.`);
}
