import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { ConnectorError } from "../errors/index.js";
import { createTransport, type Transport } from "../http/index.js";
import type { DataKeyContext, KeyProvider, WrappedKey } from "./key-provider.js";
import { toTransitError } from "./transit-errors.js";
import { assertToken, parseTransitOptions, type TransitKeysOptions, type TransitSettings } from "./transit-options.js";

const provider = "transit";
const digestLength = 32;

// The version that wrapped it stands in the prefix, so older versions open as long as the server keeps them.
const ciphertextPattern = /^vault:v[1-9]\d{0,9}:[A-Za-z0-9+/]+={0,2}$/;
const encryptedSchema = z.looseObject({ data: z.looseObject({ ciphertext: z.string().regex(ciphertextPattern) }) });
const decryptedSchema = z.looseObject({ data: z.looseObject({ plaintext: z.string() }) });

/**
 * Data keys wrapped by the transit secrets engine of HashiCorp Vault or OpenBao, over its HTTP API: the key-encryption key
 * never leaves the server. Rotating the key there needs nothing here: what older versions wrapped still opens until
 * `min_decryption_version` passes it. Tested against a fake written from the published API, not against a real server.
 *
 * The tenant is the `context` (which a `derived` key derives from), tenant and data key are the `associated_data`. A server
 * may ignore either (a key that is not derived, an old release), so a digest of both is wrapped along with the data key and
 * checked here.
 *
 * @see https://developer.hashicorp.com/vault/api-docs/secret/transit
 * @see https://openbao.org/api-docs/secret/transit/
 */
export class TransitKeys implements KeyProvider {
  readonly provider = provider;
  readonly currentKeyId: string;
  /** Ids of all keys, the current one first: mount and name, such as `transit/isthmus`. */
  readonly keyIds: readonly string[];
  readonly #settings: TransitSettings;
  readonly #token: TransitKeysOptions["token"];
  readonly #transport: Transport;

  /**
   * Sends nothing.
   *
   * @throws {ConnectorError} `KEY_INVALID` that names the option, `FORBIDDEN_TARGET` when `address` is private or plain http
   * and not in `allowedPrivateHosts`.
   */
  constructor(options: TransitKeysOptions) {
    const settings = parseTransitOptions(options);
    const { timeoutMs, hostname } = settings;
    this.#settings = settings;
    this.#token = options.token;
    this.currentKeyId = `${settings.mount}/${settings.key}`;
    this.keyIds = [settings.key, ...settings.previousKeys].map((name) => `${settings.mount}/${name}`);
    this.#transport = createTransport({
      ...options.transport,
      allowedHosts: [hostname],
      allowedPrivateHosts: options.allowedPrivateHosts ?? [],
      timeouts: { connectMs: timeoutMs, headersMs: timeoutMs, bodyMs: timeoutMs },
      retry: { maxAttempts: 3, ...options.transport?.retry },
      maxResponseBytes: 64 * 1024,
    });
    this.#transport.assertAllowed(settings.origin);
  }

  async wrap(dataKey: Uint8Array, context: DataKeyContext): Promise<WrappedKey> {
    const keyEncryptionKeyId = this.currentKeyId;
    const plaintext = Buffer.concat([digestOf(keyEncryptionKeyId, context), dataKey]);
    try {
      const body = { plaintext: plaintext.toString("base64"), ...bind(keyEncryptionKeyId, context) };
      const answer = await this.#call("encrypt", keyEncryptionKeyId, body, encryptedSchema);
      return { provider, keyEncryptionKeyId, ciphertext: answer.data.ciphertext };
    } finally {
      plaintext.fill(0);
    }
  }

  async unwrap(wrapped: WrappedKey, context: DataKeyContext): Promise<Buffer> {
    const { keyEncryptionKeyId, ciphertext } = wrapped;
    if (wrapped.provider !== provider) {
      throw unreadable(context, `was wrapped by the key provider "${wrapped.provider}", and this is ${provider}`);
    }
    // The id becomes part of an address: none but the configured ones, whatever the row says.
    if (!this.keyIds.includes(keyEncryptionKeyId)) {
      const known = this.keyIds.join(", ");
      throw unreadable(
        context,
        `is wrapped by a key that is not among the configured ones (${known}); add it to previousKeys`,
      );
    }
    if (!ciphertextPattern.test(ciphertext)) throw unreadable(context, "is not in the transit engine's form");
    const body = { ciphertext, ...bind(keyEncryptionKeyId, context) };
    const answer = await this.#call("decrypt", keyEncryptionKeyId, body, decryptedSchema);
    const plaintext = Buffer.from(answer.data.plaintext, "base64");
    try {
      const digest = plaintext.subarray(0, digestLength);
      const expected = digestOf(keyEncryptionKeyId, context);
      if (digest.length !== digestLength || !timingSafeEqual(digest, expected)) {
        throw unreadable(context, "was wrapped for another tenant or data key: the stored row was moved here");
      }
      return Buffer.from(plaintext.subarray(digestLength));
    } finally {
      plaintext.fill(0);
    }
  }

  /** Always `false`: the server keeps versions of a key behind one name, and which is the newest is its own to know. */
  isCurrent(_wrapped: WrappedKey): boolean {
    return false;
  }

  /** Ends idle connections at once, waits for calls at work. Afterwards every call fails. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  async #call<Schema extends z.ZodType>(
    verb: "encrypt" | "decrypt",
    keyId: string,
    body: object,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    const { origin, mount, namespace } = this.#settings;
    const token = typeof this.#token === "string" ? this.#token : await askForToken(this.#token);
    const request = {
      name: `transit.${verb}`,
      method: "POST",
      url: `${origin}/v1/${mount}/${verb}/${keyId.slice(mount.length + 1)}`,
      headers: {
        "content-type": "application/json",
        "x-vault-token": token,
        "x-vault-request": "true",
        ...(namespace !== undefined && { "x-vault-namespace": namespace }),
      },
      body: JSON.stringify(body),
      // Twice is as good as once: encrypting anew makes another ciphertext of the same key, and nothing is kept there.
      idempotent: true,
    } as const;
    const response = await this.#transport.request(request).catch((cause: unknown) => {
      throw away(`The transit engine at ${origin} could not be reached.`, cause);
    });
    if (response.status !== 200) throw toTransitError(response, { verb, keyId, token });
    const result = schema.safeParse(response.tryJson(), { reportInput: false });
    if (result.success) return result.data;
    throw away(`What answers at ${origin} is not the transit engine: it sent another form of answer to ${verb}.`);
  }
}

async function askForToken(ask: () => string | Promise<string>): Promise<string> {
  let token: string;
  try {
    token = await ask();
  } catch {
    // Not even sanitised: whatever reads tokens may quote one in a form that nobody knows.
    throw away("The token for the transit engine could not be had.");
  }
  assertToken(token);
  return token;
}

// In the alphabetical order of canonical JSON, see additionalDataOf.
function canonical(keyEncryptionKeyId: string, { dataKeyId, tenantId }: DataKeyContext): Buffer {
  return Buffer.from(JSON.stringify({ dataKey: dataKeyId, kek: keyEncryptionKeyId, tenant: tenantId, v: 1 }));
}

function digestOf(keyEncryptionKeyId: string, context: DataKeyContext): Buffer {
  return createHash("sha256")
    .update("isthmus/vault/v1/transit\0")
    .update(canonical(keyEncryptionKeyId, context))
    .digest();
}

function bind(keyEncryptionKeyId: string, context: DataKeyContext): { context: string; associated_data: string } {
  return {
    context: Buffer.from(context.tenantId).toString("base64"),
    associated_data: canonical(keyEncryptionKeyId, context).toString("base64"),
  };
}

function away(problem: string, cause?: unknown): ConnectorError {
  return new ConnectorError("KEY_UNAVAILABLE", `${problem} Nothing was sealed or opened; try again later.`, { cause });
}

function unreadable(context: DataKeyContext, problem: string): ConnectorError {
  const message = `Data key ${context.dataKeyId} of tenant ${context.tenantId} ${problem}.`;
  return new ConnectorError("SEALED_VALUE_UNREADABLE", message);
}
