import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { z } from "zod";
import { json, type LoopbackServer, type Reply, type SeenRequest, startServer } from "./loopback-server.js";

const bodySchema = z.object({
  plaintext: z.base64().optional(),
  ciphertext: z.string().optional(),
  context: z.base64().optional(),
  associated_data: z.base64().optional(),
});

interface TransitKey {
  /** Version 1 first. */
  readonly versions: Buffer[];
  /** Each context has a key of its own, as with `derived=true`. */
  readonly derived: boolean;
  minDecryptionVersion: number;
}

/** How a {@link TransitFake} differs from a present-day server. */
export interface TransitFakeOptions {
  readonly derived?: boolean;
  /** As releases that do not know the parameter. */
  readonly ignoresAssociatedData?: boolean;
  /** As releases that take a ciphertext that does not open for a defect of their own. */
  readonly statusOfWrongContext?: 400 | 500;
}

/**
 * A fake of the transit engine, no HashiCorp Vault and no OpenBao: encrypt and decrypt of `aes256-gcm96` keys, key versions,
 * tokens and seal, written from the published API (https://developer.hashicorp.com/vault/api-docs/secret/transit).
 */
export class TransitFake {
  readonly token = "hvs.CAESIJtransit-fake-s3cr3t";
  readonly server: LoopbackServer;
  readonly keys = new Map<string, TransitKey>();
  sealed = false;
  readonly #options: TransitFakeOptions;

  private constructor(server: LoopbackServer, options: TransitFakeOptions) {
    this.server = server;
    this.#options = options;
    server.otherwise((response, request) => this.#answer(request)(response, request));
  }

  static async start(options: TransitFakeOptions = {}): Promise<TransitFake> {
    return new TransitFake(await startServer(), options);
  }

  /** As `vault write -f transit/keys/<name>`, and after that `…/rotate`. */
  rotate(name: string): void {
    const key = this.keys.get(name) ?? {
      versions: [],
      derived: this.#options.derived ?? false,
      minDecryptionVersion: 1,
    };
    key.versions.push(randomBytes(32));
    this.keys.set(name, key);
  }

  #answer({ method, path, headers, body }: SeenRequest): Reply {
    if (this.sealed) return refuse(503, "Vault is sealed");
    if (headers["x-vault-token"] !== this.token) return refuse(403, "permission denied");
    const [, verb, name] = /^\/v1\/transit\/(encrypt|decrypt)\/([\w.-]+)$/.exec(path) ?? [];
    if (verb === undefined || name === undefined) return refuse(404, `no handler for route "${path}"`);
    if (method !== "POST" && method !== "PUT") return refuse(405, "unsupported operation");
    const key = this.keys.get(name);
    if (key === undefined) return refuse(400, "encryption key not found");
    const input = bodySchema.parse(JSON.parse(body));
    if (key.derived && !input.context) return refuse(400, "missing 'context' for key derivation");
    const additionalData = Buffer.from(
      this.#options.ignoresAssociatedData ? "" : (input.associated_data ?? ""),
      "base64",
    );
    const messageKeyOf = (version: Buffer) =>
      key.derived
        ? Buffer.from(hkdfSync("sha256", version, "", Buffer.from(input.context ?? "", "base64"), 32))
        : version;
    return verb === "encrypt"
      ? encrypt(key, messageKeyOf, input.plaintext ?? "", additionalData)
      : this.#decrypt(key, messageKeyOf, input.ciphertext ?? "", additionalData);
  }

  #decrypt(key: TransitKey, messageKeyOf: (version: Buffer) => Buffer, text: string, additionalData: Buffer): Reply {
    const [, number, data] = /^vault:v(\d+):(.+)$/.exec(text) ?? [];
    if (data === undefined) return refuse(400, "invalid ciphertext: no prefix");
    const version = key.versions[Number(number) - 1];
    if (version === undefined) return refuse(400, "invalid ciphertext: version is too new");
    if (Number(number) < key.minDecryptionVersion) {
      return refuse(400, "ciphertext or signature version is disallowed by policy (too old)");
    }
    const bytes = Buffer.from(data, "base64");
    try {
      const decipher = createDecipheriv("aes-256-gcm", messageKeyOf(version), bytes.subarray(0, 12), {
        authTagLength: 16,
      });
      decipher.setAAD(additionalData).setAuthTag(bytes.subarray(-16));
      const plaintext = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
      return json({ data: { plaintext: plaintext.toString("base64") } });
    } catch {
      return refuse(this.#options.statusOfWrongContext ?? 400, "cipher: message authentication failed");
    }
  }
}

function encrypt(
  key: TransitKey,
  messageKeyOf: (version: Buffer) => Buffer,
  plaintext: string,
  additionalData: Buffer,
): Reply {
  const version = key.versions.at(-1);
  if (version === undefined) return refuse(500, "no key version");
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", messageKeyOf(version), iv).setAAD(additionalData);
  const parts = [iv, cipher.update(Buffer.from(plaintext, "base64")), cipher.final(), cipher.getAuthTag()];
  const ciphertext = `vault:v${key.versions.length}:${Buffer.concat(parts).toString("base64")}`;
  return json({ data: { ciphertext, key_version: key.versions.length } });
}

function refuse(status: number, error: string): Reply {
  return json({ errors: [error] }, status);
}
