import type { KMSClient } from "@aws-sdk/client-kms";
import { ConnectorError, type DataKeyContext, type KeyProvider, type WrappedKey } from "@isthmus/core";
import { isIncorrectKey, toKmsError } from "./errors.js";
import { type AwsKmsKeysOptions, type AwsKmsSettings, parseAwsKmsOptions } from "./options.js";
import { TransportHandler } from "./transport-handler.js";

/**
 * Data keys wrapped by AWS KMS: the key-encryption key never leaves it. Its automatic rotation needs nothing here: KMS
 * keeps the older material of a key. Tested with the SDK against a fake of the service, not against KMS itself.
 *
 * Tenant and data key are the encryption context, which KMS authenticates and writes, legibly, into CloudTrail.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
 */
export class AwsKmsKeys implements KeyProvider {
  readonly provider = "aws-kms";
  readonly currentKeyId: string;
  /** Ids of all keys as they were configured, the current one first. */
  readonly keyIds: readonly string[];
  readonly #settings: AwsKmsSettings;
  readonly #http: TransportHandler;
  #client: KMSClient | undefined;

  /**
   * Sends nothing and loads nothing.
   * @throws {ConnectorError} `KEY_INVALID` that names the option, `FORBIDDEN_TARGET` when `endpoint` is private or plain http
   * and not in `allowedPrivateHosts`.
   */
  constructor(options: AwsKmsKeysOptions) {
    const settings = parseAwsKmsOptions(options);
    this.#settings = settings;
    this.#client = settings.client;
    this.#http = new TransportHandler(settings);
    this.currentKeyId = settings.keyId;
    this.keyIds = [settings.keyId, ...settings.previousKeyIds];
  }

  /** Never: KMS may have rotated the key's material, and an alias may have been pointed to another key. */
  isCurrent(): boolean {
    return false;
  }

  async wrap(dataKey: Uint8Array, context: DataKeyContext): Promise<WrappedKey> {
    const keyId = this.currentKeyId;
    try {
      const { EncryptCommand, client } = await this.#open();
      const input = { KeyId: keyId, Plaintext: dataKey, EncryptionContext: bind(context) };
      const { CiphertextBlob } = await client.send(new EncryptCommand(input));
      const ciphertext = Buffer.from(proveAnswer(CiphertextBlob, isCiphertext)).toString("base64url");
      return { provider: this.provider, keyEncryptionKeyId: keyId, ciphertext };
    } catch (error) {
      throw toKmsError(error, { verb: "encrypt", keyId });
    }
  }

  async unwrap({ provider, keyEncryptionKeyId, ciphertext }: WrappedKey, context: DataKeyContext): Promise<Buffer> {
    if (provider !== this.provider) {
      throw unreadable(context, `was wrapped by the key provider "${provider}", and this is ${this.provider}`);
    }
    // KMS would find the key by itself: none but the configured ones, whatever the row or the ciphertext says.
    if (!this.keyIds.includes(keyEncryptionKeyId)) {
      const known = this.keyIds.join(", ");
      throw unreadable(context, `is wrapped by a key that is not among the configured ones (${known}); add it to them`);
    }
    const bytes = Buffer.from(ciphertext, "base64url");
    if (!isCiphertext(bytes) || bytes.toString("base64url") !== ciphertext) {
      throw unreadable(context, "is not in the form of AWS KMS");
    }
    // What an alias wrapped before it was pointed elsewhere opens with the key that it left.
    const others = isAlias(keyEncryptionKeyId) ? this.keyIds.filter((id) => id !== keyEncryptionKeyId) : [];
    return this.#decrypt(bytes, context, [keyEncryptionKeyId, ...others]);
  }

  /** Ends idle connections at once, waits for calls at work. A client that was handed in stays as it is. */
  close(): Promise<void> {
    return this.#http.close();
  }

  async #decrypt(bytes: Uint8Array, context: DataKeyContext, keyIds: [string, ...string[]]): Promise<Buffer> {
    const [keyId, next, ...others] = keyIds;
    try {
      const { DecryptCommand, client } = await this.#open();
      // Named, so that KMS itself refuses what another key wrapped.
      const input = { KeyId: keyId, CiphertextBlob: bytes, EncryptionContext: bind(context) };
      const { Plaintext } = await client.send(new DecryptCommand(input));
      const plaintext = proveAnswer(Plaintext, isDataKey);
      const dataKey = Buffer.from(plaintext);
      // What is left of it are the text of the answer, which the SDK parsed, and this copy, which the caller overwrites.
      plaintext.fill(0);
      return dataKey;
    } catch (error) {
      if (next !== undefined && isIncorrectKey(error)) return this.#decrypt(bytes, context, [next, ...others]);
      throw toKmsError(error, { verb: "decrypt", keyId });
    }
  }

  async #open() {
    // At first use: its import takes 50 ms and 30 MB of memory, measured with version 3.1164.0 on Node 24.
    const { KMSClient, EncryptCommand, DecryptCommand } = await import("@aws-sdk/client-kms");
    const { region, endpoint, credentials, maxAttempts } = this.#settings;
    this.#client ??= new KMSClient({ region, endpoint, credentials, maxAttempts, requestHandler: this.#http });
    return { client: this.#client, EncryptCommand, DecryptCommand };
  }
}

function bind({ tenantId, dataKeyId }: DataKeyContext): Record<string, string> {
  // The first tells our data keys from whatever else the same key wraps, also in key policies.
  return { application: "isthmus/vault/v1", tenantId, dataKeyId };
}

function isAlias(keyId: string): boolean {
  return /(?:^|:)alias\//.test(keyId);
}

// KMS takes 6 144 bytes at most.
function isCiphertext({ length }: Uint8Array): boolean {
  return length > 0 && length <= 6_144;
}

function isDataKey({ length }: Uint8Array): boolean {
  return length === 32;
}

function proveAnswer(bytes: Uint8Array | undefined, isGood: (bytes: Uint8Array) => boolean): Uint8Array {
  if (bytes !== undefined && isGood(bytes)) return bytes;
  throw new ConnectorError("UNEXPECTED_RESPONSE", "What answers is not AWS KMS: it sent another form of answer.");
}

function unreadable(context: DataKeyContext, problem: string): ConnectorError {
  const message = `Data key ${context.dataKeyId} of tenant ${context.tenantId} ${problem}.`;
  return new ConnectorError("SEALED_VALUE_UNREADABLE", message);
}
