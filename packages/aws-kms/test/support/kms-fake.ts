import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { z } from "zod";
import {
  json,
  type LoopbackServer,
  type Reply,
  type SeenRequest,
  startServer,
} from "../../../core/test/support/loopback-server.js";

const bodySchema = z.object({
  KeyId: z.string(),
  Plaintext: z.base64().optional(),
  CiphertextBlob: z.base64().optional(),
  EncryptionContext: z.record(z.string(), z.string()).default({}),
});

interface KmsKey {
  readonly arn: string;
  /** The current one last: automatic rotation keeps the older ones. */
  readonly materials: Buffer[];
  state: "Enabled" | "Disabled" | "PendingDeletion";
}

const blobSchema = z.object({ arn: z.string(), material: z.int(), iv: z.base64(), data: z.base64(), tag: z.base64() });

/**
 * A fake of AWS KMS, not KMS: Encrypt and Decrypt of symmetric keys over HTTP on loopback (AWS JSON 1.1), rotated material
 * behind one key id, aliases and key states, written from the published API
 * (https://docs.aws.amazon.com/kms/latest/APIReference/). It wants a Signature Version 4 of its own access key for the
 * service `kms`, and does not recompute it.
 */
export class KmsFake {
  readonly region = "eu-central-1";
  readonly credentials = { accessKeyId: "AKIAFAKE0S3CR3T", secretAccessKey: "fake/s3cr3t-secret-access-key" };
  readonly server: LoopbackServer;
  readonly keys = new Map<string, KmsKey>();
  /** `alias/<name>` to the ARN of a key. */
  readonly aliases = new Map<string, string>();

  private constructor(server: LoopbackServer) {
    this.server = server;
    server.otherwise((response, request) => this.#answer(request)(response, request));
  }

  static async start(): Promise<KmsFake> {
    return new KmsFake(await startServer());
  }

  /** Makes a key, as CreateKey does. */
  createKey(): KmsKey {
    const arn = `arn:aws:kms:${this.region}:111122223333:key/${crypto.randomUUID()}`;
    const key: KmsKey = { arn, materials: [randomBytes(32)], state: "Enabled" };
    this.keys.set(arn, key);
    return key;
  }

  #answer({ method, path, headers, body }: SeenRequest): Reply {
    const [, operation] = /^TrentService\.(Encrypt|Decrypt)$/.exec(String(headers["x-amz-target"])) ?? [];
    if (method !== "POST" || path !== "/" || headers["content-type"] !== "application/x-amz-json-1.1") {
      return refuseCall(404, "UnknownOperationException");
    }
    if (operation === undefined) return refuseCall(400, "UnknownOperationException");
    const signature =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([\w-]+)\/kms\/aws4_request, .*Signature=[\da-f]{64}$/;
    const [, accessKeyId, region] = signature.exec(headers.authorization ?? "") ?? [];
    if (accessKeyId === undefined) return refuseCall(400, "MissingAuthenticationTokenException");
    if (accessKeyId !== this.credentials.accessKeyId || region !== this.region) {
      return refuseCall(400, "UnrecognizedClientException");
    }
    const input = bodySchema.parse(JSON.parse(body));
    const key = this.keys.get(this.aliases.get(input.KeyId) ?? input.KeyId);
    if (key === undefined) return refuseCall(400, "NotFoundException");
    if (key.state === "Disabled") return refuseCall(400, "DisabledException");
    if (key.state === "PendingDeletion") return refuseCall(400, "KMSInvalidStateException");
    const context = canonical(input.EncryptionContext);
    return operation === "Encrypt"
      ? encrypt(key, Buffer.from(input.Plaintext ?? "", "base64"), context)
      : decrypt(key, Buffer.from(input.CiphertextBlob ?? "", "base64"), context);
  }
}

/** An error as KMS answers it. */
export function refuseCall(status: number, code: string, message = `${code} of the fake`): Reply {
  return json({ __type: code, message }, status, {
    "x-amzn-requestid": "5d2a1b6e-fake",
    "content-type": "application/x-amz-json-1.1",
  });
}

function encrypt(key: KmsKey, plaintext: Buffer, context: Buffer): Reply {
  const material = key.materials.length - 1;
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key.materials[material] ?? "", iv).setAAD(context);
  const data = Buffer.concat([cipher.update(plaintext), cipher.final()]).toString("base64");
  const tag = cipher.getAuthTag().toString("base64");
  const blob = JSON.stringify({ arn: key.arn, material, iv: iv.toString("base64"), data, tag });
  return answerCall({ KeyId: key.arn, CiphertextBlob: Buffer.from(blob).toString("base64") });
}

function decrypt(key: KmsKey, bytes: Buffer, context: Buffer): Reply {
  try {
    const blob = blobSchema.parse(JSON.parse(bytes.toString()));
    if (blob.arn !== key.arn) return refuseCall(400, "IncorrectKeyException");
    const iv = Buffer.from(blob.iv, "base64");
    const decipher = createDecipheriv("aes-256-gcm", key.materials[blob.material] ?? "", iv, { authTagLength: 16 });
    decipher.setAAD(context).setAuthTag(Buffer.from(blob.tag, "base64"));
    const plaintext = Buffer.concat([decipher.update(Buffer.from(blob.data, "base64")), decipher.final()]);
    return answerCall({ KeyId: key.arn, Plaintext: plaintext.toString("base64") });
  } catch {
    return refuseCall(400, "InvalidCiphertextException");
  }
}

/** An answer of KMS. */
export function answerCall(value: object): Reply {
  return json({ ...value, EncryptionAlgorithm: "SYMMETRIC_DEFAULT" }, 200, {
    "content-type": "application/x-amz-json-1.1",
  });
}

/** An encryption context has no order. */
function canonical(context: Readonly<Record<string, string>>): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort()));
}
