import { KMSClient } from "@aws-sdk/client-kms";
import { MemoryDataKeyStore, Vault } from "@isthmus/core";
import { afterEach, describe, expect, it } from "vitest";
import { reset, silence, stall } from "../../core/test/support/loopback-server.js";
import { answerCall, KmsFake, refuseCall } from "../test/support/kms-fake.js";
import { AwsKmsKeys } from "./aws-kms-keys.js";
import type { AwsKmsKeysOptions } from "./options.js";

// The service is a fake, see KmsFake; the SDK that speaks to it is the real one.
const place = { tenantId: "tenant-1", table: "connectors", recordId: "c-1", field: "credentials" };
const context = { tenantId: "tenant-1", dataKeyId: "key-1" };
const dataKey = Buffer.alloc(32, 7);
const unreadable = { code: "SEALED_VALUE_UNREADABLE", retryable: false };
const unavailable = { code: "KEY_UNAVAILABLE", retryable: true };
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function setUp() {
  const fake = await KmsFake.start();
  ends.push(() => fake.server.close());
  const key = fake.createKey();
  const connect = (options: Partial<AwsKmsKeysOptions> = {}) => {
    const keys = new AwsKmsKeys({
      keyId: key.arn,
      endpoint: fake.server.origin,
      allowedPrivateHosts: [fake.server.host],
      credentials: fake.credentials,
      maxAttempts: 1,
      ...options,
    });
    ends.push(() => keys.close());
    return keys;
  };
  return { fake, key, connect, keys: connect() };
}

const targets = ({ server }: KmsFake) => server.requests.map(({ headers }) => headers["x-amz-target"]);
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: unknown) => error,
  );

describe("AwsKmsKeys", () => {
  it("seals through the vault and opens in another process", async () => {
    const { fake, key, connect, keys } = await setUp();
    const dataKeys = new MemoryDataKeyStore();
    const sealed = await new Vault({ keyProvider: keys, dataKeys }).seal({ clientSecret: "s" }, place);
    expect(await new Vault({ keyProvider: connect(), dataKeys }).open(sealed, place)).toEqual({ clientSecret: "s" });
    const record = await dataKeys.current("tenant-1");
    expect(record?.wrapped).toMatchObject({ provider: "aws-kms", keyEncryptionKeyId: key.arn });
    expect(targets(fake)).toEqual(["TrentService.Encrypt", "TrentService.Decrypt"]);
    for (const { body } of fake.server.requests) {
      expect(JSON.parse(body)).toMatchObject({
        KeyId: key.arn,
        EncryptionContext: { application: "isthmus/vault/v1", tenantId: "tenant-1", dataKeyId: record?.id },
      });
    }
  });

  it("asks KMS once for any number of values while the key is at hand", async () => {
    const { fake, connect, keys } = await setUp();
    const dataKeys = new MemoryDataKeyStore();
    const sealed = await new Vault({ keyProvider: keys, dataKeys }).seal("value", place);
    const vault = new Vault({ keyProvider: connect(), dataKeys });
    await Promise.all(Array.from({ length: 20 }, () => vault.open(sealed, place)));
    await vault.seal("another", place);
    expect(targets(fake)).toEqual(["TrentService.Encrypt", "TrentService.Decrypt"]);
  });

  it("opens no more within a minute of the key being disabled, and again once it is enabled", async () => {
    const { key, keys } = await setUp();
    const time = { nowMs: 0 };
    const clock = { now: () => time.nowMs, sleep: async () => undefined };
    const vault = new Vault({ keyProvider: keys, dataKeys: new MemoryDataKeyStore(), clock });
    const sealed = await vault.seal("value", place);
    key.state = "Disabled";
    time.nowMs += 60_000;
    await expect(vault.open(sealed, place)).rejects.toMatchObject(unavailable);
    key.state = "Enabled";
    expect(await vault.open(sealed, place)).toBe("value");
  });

  it.each([{ tenantId: "tenant-2" }, { dataKeyId: "key-2" }])("refuses another context: %j", async (change) => {
    const { keys } = await setUp();
    const wrapped = await keys.wrap(dataKey, context);
    expect(await keys.unwrap(wrapped, context)).toEqual(dataKey);
    await expect(keys.unwrap(wrapped, { ...context, ...change })).rejects.toMatchObject(unreadable);
  });

  it("does not open a value whose wrapped data key was carried to another tenant along with it", async () => {
    const { keys } = await setUp();
    const dataKeys = new MemoryDataKeyStore();
    const vault = new Vault({ keyProvider: keys, dataKeys });
    const sealed = await vault.seal("value", place);
    const record = await dataKeys.current("tenant-1");
    if (record === undefined) throw new Error("no data key");
    await dataKeys.insert({ ...record, tenantId: "tenant-2" });
    await expect(vault.open(sealed, { ...place, tenantId: "tenant-2" })).rejects.toMatchObject(unreadable);
  });

  it("opens what older material of a rotated key wrapped, and takes nothing for current", async () => {
    const { key, keys } = await setUp();
    const wrapped = await keys.wrap(dataKey, context);
    key.materials.push(Buffer.alloc(32, 9));
    expect(await keys.unwrap(wrapped, context)).toEqual(dataKey);
    expect(await keys.unwrap(await keys.wrap(dataKey, context), context)).toEqual(dataKey);
    expect(keys.isCurrent()).toBe(false);
  });

  it("opens with previous keys what they wrapped, and with no key that is not configured", async () => {
    const { fake, key, connect, keys } = await setUp();
    const wrapped = await keys.wrap(dataKey, context);
    const newer = fake.createKey().arn;
    const moved = connect({ keyId: newer, previousKeyIds: [key.arn] });
    expect(moved).toMatchObject({ currentKeyId: newer, keyIds: [newer, key.arn] });
    expect(await moved.unwrap(wrapped, context)).toEqual(dataKey);
    const asked = fake.server.requests.length;
    const error = await errorOf(connect({ keyId: newer }).unwrap(wrapped, context));
    expect(error).toMatchObject({ ...unreadable, message: expect.stringContaining(`(${newer}); add it`) });
    expect(fake.server.requests.length).toBe(asked);
  });

  it("names the key to KMS, which refuses what another key wrapped", async () => {
    const { fake, key, connect, keys } = await setUp();
    const wrapped = await keys.wrap(dataKey, context);
    const newer = fake.createKey().arn;
    const swapped = { ...wrapped, keyEncryptionKeyId: newer };
    const error = await errorOf(connect({ keyId: newer, previousKeyIds: [key.arn] }).unwrap(swapped, context));
    expect(error).toMatchObject({ ...unreadable, vendor: { code: "IncorrectKeyException", status: 400 } });
  });

  it("follows an alias, and opens what it wrapped before it was pointed elsewhere while the old key is configured", async () => {
    const { fake, key, connect } = await setUp();
    fake.aliases.set("alias/isthmus", key.arn);
    const byAlias = { keyId: "alias/isthmus", region: fake.region };
    const wrapped = await connect(byAlias).wrap(dataKey, context);
    fake.aliases.set("alias/isthmus", fake.createKey().arn);
    await expect(connect(byAlias).unwrap(wrapped, context)).rejects.toMatchObject(unreadable);
    const both = connect({ ...byAlias, previousKeyIds: [key.arn] });
    expect(await both.unwrap(wrapped, context)).toEqual(dataKey);
    expect(await both.unwrap(await both.wrap(dataKey, context), context)).toEqual(dataKey);
  });

  it("refuses an altered wrapped key, and asks nobody about one that is not of its form", async () => {
    const { fake, keys } = await setUp();
    const wrapped = await keys.wrap(dataKey, context);
    const bytes = Buffer.from(wrapped.ciphertext, "base64url");
    bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
    const altered = { ...wrapped, ciphertext: bytes.toString("base64url") };
    await expect(keys.unwrap(altered, context)).rejects.toMatchObject(unreadable);
    const asked = fake.server.requests.length;
    const long = Buffer.alloc(6_145).toString("base64url");
    for (const change of [{ ciphertext: "no base64!" }, { ciphertext: long }, { provider: "local" }]) {
      await expect(keys.unwrap({ ...wrapped, ...change }, context)).rejects.toMatchObject(unreadable);
    }
    expect(fake.server.requests.length).toBe(asked);
  });

  it.each([0, 31, 33])("takes %i bytes for no data key, and none for no wrapped one", async (length) => {
    const { fake, connect } = await setUp();
    const keys = connect({ maxAttempts: 1 });
    const wrapped = await keys.wrap(dataKey, context);
    fake.server.reply(answerCall({ Plaintext: Buffer.alloc(length).toString("base64") }));
    await expect(keys.unwrap(wrapped, context)).rejects.toMatchObject(unavailable);
    fake.server.reply(answerCall({ CiphertextBlob: "" }));
    await expect(keys.wrap(dataKey, context)).rejects.toMatchObject(unavailable);
  });

  it("answers KEY_UNAVAILABLE when nothing listens, writes nothing, and says so", async () => {
    const { fake, keys } = await setUp();
    await fake.server.close();
    ends.shift();
    const dataKeys = new MemoryDataKeyStore();
    const error = await errorOf(new Vault({ keyProvider: keys, dataKeys }).seal("value", place));
    expect(error).toMatchObject({ ...unavailable, message: expect.stringContaining("ECONNREFUSED") });
    expect(await dataKeys.current("tenant-1")).toBeUndefined();
  });

  it.each([
    ["no answer at all", silence()],
    ["half an answer", stall()],
  ])("gives up after its time: %s", async (_, reply) => {
    const { fake, connect } = await setUp();
    const keys = connect({ timeoutMs: 100, maxAttempts: 2 });
    fake.server.reply(reply, reply);
    const began = Date.now();
    const error = await errorOf(keys.wrap(dataKey, context));
    expect(error).toMatchObject({ ...unavailable, message: expect.stringContaining("no answer in time") });
    expect(fake.server.requests.length).toBe(2);
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  it("sends a call again after a cut connection or a throttled call, as often as it may", async () => {
    const { fake, connect } = await setUp();
    const keys = connect({ maxAttempts: 3 });
    fake.server.reply(reset(), refuseCall(400, "ThrottlingException"));
    expect(await keys.unwrap(await keys.wrap(dataKey, context), context)).toEqual(dataKey);
    fake.server.reply(...Array.from({ length: 3 }, () => refuseCall(500, "KMSInternalException")));
    const asked = fake.server.requests.length;
    await expect(keys.wrap(dataKey, context)).rejects.toMatchObject(unavailable);
    expect(fake.server.requests.length).toBe(asked + 3);
  });

  it("works with a client that is handed in, and leaves it open", async () => {
    const { fake, key } = await setUp();
    const { region, credentials } = fake;
    const client = new KMSClient({ region, credentials, endpoint: fake.server.origin });
    const keys = new AwsKmsKeys({ keyId: key.arn, client });
    const wrapped = await keys.wrap(dataKey, context);
    await keys.close();
    expect(await keys.unwrap(wrapped, context)).toEqual(dataKey);
    client.destroy();
  });

  it.each([
    [{ keyId: "isthmus" }, "keyId"],
    [{ keyId: "arn:aws:s3:::bucket" }, "keyId"],
    [{ previousKeyIds: [""] }, "previousKeyIds"],
    [{ previousKeyIds: ["arn:aws:kms:us-east-1:111122223333:key/1"] }, "another region"],
    [{ endpoint: "kms.example.com" }, "endpoint"],
    [{ timeoutMs: 0 }, "timeoutMs"],
    [{ maxAttempts: 0 }, "maxAttempts"],
  ])("refuses %j when it is made", (change, word) => {
    const work = () => new AwsKmsKeys({ keyId: "arn:aws:kms:eu-central-1:111122223333:key/1", ...change });
    expect(work).toThrowError(expect.objectContaining({ code: "KEY_INVALID", message: expect.stringContaining(word) }));
  });

  it("talks to a private or plain address only when that is allowed", () => {
    const work = () => new AwsKmsKeys({ keyId: "alias/isthmus", endpoint: "http://127.0.0.1:4566" });
    expect(work).toThrowError(expect.objectContaining({ code: "FORBIDDEN_TARGET" }));
  });
});
