import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { json, raw, reset } from "../../core/test/support/loopback-server.js";
import { KmsFake, refuseCall } from "../test/support/kms-fake.js";
import { AwsKmsKeys } from "./aws-kms-keys.js";
import { toKmsError } from "./errors.js";

const context = { tenantId: "tenant-1", dataKeyId: "key-1" };
const dataKey = Buffer.alloc(32, 0xd7);
const wrappedBy = (keyEncryptionKeyId: string) => ({ provider: "aws-kms", keyEncryptionKeyId, ciphertext: "AAAA" });

describe("errors of AWS KMS", () => {
  let fake: KmsFake;
  let keys: AwsKmsKeys;

  beforeAll(async () => {
    fake = await KmsFake.start();
    keys = connect(fake.credentials);
  });
  afterAll(async () => {
    await keys.close();
    await fake.server.close();
  });

  const connect = (credentials: NonNullable<ConstructorParameters<typeof AwsKmsKeys>[0]["credentials"]>) =>
    new AwsKmsKeys({
      keyId: fake.createKey().arn,
      endpoint: fake.server.origin,
      allowedPrivateHosts: [fake.server.host],
      credentials,
      maxAttempts: 1,
    });
  const failures = async () => {
    const calls = [keys.wrap(dataKey, context), keys.unwrap(wrappedBy(keys.currentKeyId), context)];
    const settled = await Promise.allSettled(calls);
    return settled.map((result) => (result.status === "rejected" ? (result.reason as unknown) : "no error"));
  };
  /** All that a log could show of an error. */
  const textOf = (error: unknown) => inspect(error, { depth: 9, showHidden: true, getters: true });

  it.each([
    ["AccessDeniedException", 400, "KEY_UNAVAILABLE", "kms:Encrypt"],
    ["ThrottlingException", 400, "KEY_UNAVAILABLE", "later"],
    ["LimitExceededException", 400, "KEY_UNAVAILABLE", "later"],
    ["KMSInternalException", 500, "KEY_UNAVAILABLE", "later"],
    ["DependencyTimeoutException", 500, "KEY_UNAVAILABLE", "later"],
    ["KeyUnavailableException", 500, "KEY_UNAVAILABLE", "later"],
    ["KMSInvalidStateException", 400, "KEY_UNAVAILABLE", "Enable it again"],
    ["DisabledException", 400, "KEY_UNAVAILABLE", "Enable it again"],
    ["ExpiredTokenException", 400, "KEY_UNAVAILABLE", "credentials"],
    ["UnrecognizedClientException", 403, "KEY_UNAVAILABLE", "credentials"],
    ["InvalidSignatureException", 400, "KEY_UNAVAILABLE", "credentials"],
    ["SomethingNewException", 418, "KEY_UNAVAILABLE", "later"],
    ["NotFoundException", 400, "KEY_INVALID", "id of the key"],
    ["InvalidArnException", 400, "KEY_INVALID", "id of the key"],
    ["InvalidKeyUsageException", 400, "KEY_INVALID", "symmetric"],
    ["InvalidCiphertextException", 400, "SEALED_VALUE_UNREADABLE", "altered or moved"],
    ["IncorrectKeyException", 400, "SEALED_VALUE_UNREADABLE", "altered or moved"],
  ])("%s (%i) means %s", async (name, status, code, words) => {
    fake.server.reply(refuseCall(status, name), refuseCall(status, name));
    for (const error of await failures()) {
      expect(error).toMatchObject({
        code,
        retryable: code === "KEY_UNAVAILABLE",
        message: expect.stringMatching(new RegExp(`${name}.*${words}`)),
        vendor: { code: name, status, requestId: "5d2a1b6e-fake" },
      });
    }
  });

  it("lets no credential and no data key be seen in any error, whatever answers", async () => {
    const { secretAccessKey, accessKeyId } = fake.credentials;
    const signed = `Credential=${accessKeyId}/x x-amz-security-token:${secretAccessKey}`;
    const replies = [
      refuseCall(400, "InvalidSignatureException", signed),
      refuseCall(403, "SomethingNewException", signed),
      refuseCall(400, "IncompleteSignature", signed),
      json({ message: signed }, 500),
      json({ Plaintext: 1, CiphertextBlob: null, secret: secretAccessKey }),
      json(secretAccessKey),
      raw(`HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n<html>${secretAccessKey}</html>`),
      reset(),
    ];
    for (const reply of replies) {
      fake.server.reply(reply, reply);
      for (const error of await failures()) {
        expect(error).toMatchObject({ name: "ConnectorError", code: "KEY_UNAVAILABLE" });
        const text = textOf(error);
        for (const secret of ["s3cr3t", "S3CR3T", dataKey.toString("base64"), "AWS4-HMAC"]) {
          expect(text).not.toContain(secret);
        }
      }
    }
  });

  it("keeps the words of AWS for the log, and from those who call", async () => {
    const words = "User: arn:aws:sts::111122223333:assumed-role/isthmus is not authorized to perform: kms:Encrypt";
    fake.server.reply(refuseCall(400, "AccessDeniedException", words), refuseCall(400, "AccessDeniedException", words));
    for (const error of await failures()) {
      expect(error).toMatchObject({ cause: { message: words }, vendor: { code: "AccessDeniedException" } });
      expect(String(error) + JSON.stringify(Reflect.get(Object(error), "vendor"))).not.toContain("assumed-role");
    }
  });

  it("says when credentials cannot be had, without a word of whoever looked for them", async () => {
    const failing = Object.assign(new Error("process failed: --password s3cr3t"), { name: "CredentialsProviderError" });
    const other = connect(() => Promise.reject(failing));
    const error = await other.wrap(dataKey, context).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "KEY_UNAVAILABLE", message: expect.stringContaining("AWS credentials") });
    expect(textOf(error)).not.toContain("s3cr3t");
    await other.close();
  });

  it("takes a missing region for a matter of the configuration", () => {
    const error = toKmsError(new Error("Region is missing"), { verb: "encrypt", keyId: "alias/isthmus" });
    expect(error).toMatchObject({ code: "KEY_INVALID", message: expect.stringContaining("ARN") });
  });
});
