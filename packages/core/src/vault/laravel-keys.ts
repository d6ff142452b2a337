import { ConnectorError } from "../errors/index.js";

/** Ciphers of Laravel's encrypter, spelt as in its `config/app.php`, and the bytes of their keys. */
const keyLengths = { "AES-128-CBC": 16, "AES-256-CBC": 32, "AES-128-GCM": 16, "AES-256-GCM": 32 } as const;

/** `cipher` of a Laravel application's `config/app.php`. */
export type LaravelCipher = keyof typeof keyLengths;

/**
 * Reads keys as they stand in `APP_KEY` and `APP_PREVIOUS_KEYS`: `base64:` and the key in base64, or the key itself.
 *
 * @throws {ConnectorError} `KEY_INVALID` that names the key by its position, never by its text.
 */
export function parseLaravelKeys(keys: readonly string[], cipher: LaravelCipher): readonly Buffer[] {
  // JavaScript callers and configuration files are not held to the type.
  if (!Object.hasOwn(keyLengths, cipher)) {
    throw new ConnectorError("KEY_INVALID", `Laravel's cipher is one of ${Object.keys(keyLengths).join(", ")}.`);
  }
  if (keys.length === 0)
    throw new ConnectorError("KEY_INVALID", "No Laravel key was given: pass the value of APP_KEY.");
  return keys.map((text, index) => parseKey(text, index + 1, cipher));
}

function parseKey(text: string, position: number, cipher: LaravelCipher): Buffer {
  const encoded = text.startsWith("base64:") ? text.slice("base64:".length) : undefined;
  const key = encoded === undefined ? Buffer.from(text, "utf8") : fromBase64(encoded);
  const advice = `Copy APP_KEY (and each of APP_PREVIOUS_KEYS) whole, "base64:" included.`;
  if (key === undefined) {
    throw new ConnectorError("KEY_INVALID", `Laravel key ${position} is not base64 behind its "base64:". ${advice}`);
  }
  const length = keyLengths[cipher];
  if (key.length === length) return key;
  throw new ConnectorError(
    "KEY_INVALID",
    `Laravel key ${position} has ${key.length} bytes, and ${cipher} takes ${length}. ${advice} The cipher stands in Laravel's config/app.php.`,
  );
}

/** Standard base64 as PHP writes it, padded and in its one canonical spelling; `undefined` for anything else. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  // Node's decoder skips what it does not know, so the way back tells.
  return bytes.toString("base64") === text ? bytes : undefined;
}
