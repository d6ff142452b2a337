import { afterEach, describe, expect, it } from "vitest";
import { json, reset } from "../../test/support/loopback-server.js";
import { TransitFake, type TransitFakeOptions } from "../../test/support/transit-fake.js";
import { MemoryDataKeyStore } from "./data-key-store.js";
import { TransitKeys } from "./transit-keys.js";
import type { TransitKeysOptions } from "./transit-options.js";
import { Vault } from "./vault.js";

// The server is a fake, see TransitFake: a real one was not to be had where these tests were written.
const place = { tenantId: "tenant-1", table: "connectors", recordId: "c-1", field: "credentials" };
const context = { tenantId: "tenant-1", dataKeyId: "key-1" };
const dataKey = Buffer.alloc(32, 7);
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function setUp(fakeOptions: TransitFakeOptions = {}, options: Partial<TransitKeysOptions> = {}) {
  const fake = await TransitFake.start(fakeOptions);
  fake.rotate("isthmus");
  ends.push(() => fake.server.close());
  const connect = (more: Partial<TransitKeysOptions> = {}) => {
    const keys = new TransitKeys({
      address: fake.server.origin,
      allowedPrivateHosts: [fake.server.host],
      token: fake.token,
      key: "isthmus",
      transport: { retry: { maxAttempts: 2, baseMs: 0 } },
      ...options,
      ...more,
    });
    ends.push(() => keys.close());
    return keys;
  };
  return { fake, connect, keys: connect() };
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "no error",
    (error: unknown) => error,
  );
}

/** All that a log could show of an error. */
function textOf(error: unknown): string {
  const parts: unknown[] = [];
  for (let at = error; at instanceof Error; at = at.cause) parts.push(at.message, at.stack, { ...at });
  return JSON.stringify(parts);
}

describe.each([
  ["a derived key", { derived: true }],
  ["a key that is not derived", {}],
])("TransitKeys with %s", (_, fakeOptions) => {
  it("seals through the vault and opens in another process", async () => {
    const { fake, connect, keys } = await setUp(fakeOptions);
    const dataKeys = new MemoryDataKeyStore();
    const sealed = await new Vault({ keyProvider: keys, dataKeys }).seal({ clientSecret: "s" }, place);
    expect(await new Vault({ keyProvider: connect(), dataKeys }).open(sealed, place)).toEqual({ clientSecret: "s" });
    expect((await dataKeys.current("tenant-1"))?.wrapped).toMatchObject({
      provider: "transit",
      keyEncryptionKeyId: "transit/isthmus",
      ciphertext: expect.stringMatching(/^vault:v1:/),
    });
    expect(fake.server.requests.map(({ path }) => path)).toEqual([
      "/v1/transit/encrypt/isthmus",
      "/v1/transit/decrypt/isthmus",
    ]);
    expect(JSON.parse(fake.server.requests[0]?.body ?? "")).toMatchObject({
      context: Buffer.from("tenant-1").toString("base64"),
    });
  });

  it.each([{ tenantId: "tenant-2" }, { dataKeyId: "key-2" }])("refuses another context: %j", async (change) => {
    const { keys } = await setUp(fakeOptions);
    const wrapped = await keys.wrap(dataKey, context);
    expect(await keys.unwrap(wrapped, context)).toEqual(dataKey);
    await expect(keys.unwrap(wrapped, { ...context, ...change })).rejects.toMatchObject({
      code: "SEALED_VALUE_UNREADABLE",
      retryable: false,
    });
  });

  it("refuses another context where the server itself lets it pass", async () => {
    const { keys } = await setUp({ ...fakeOptions, ignoresAssociatedData: true });
    const wrapped = await keys.wrap(dataKey, context);
    expect(await keys.unwrap(wrapped, context)).toEqual(dataKey);
    for (const change of [{ tenantId: "tenant-2" }, { dataKeyId: "key-2" }]) {
      await expect(keys.unwrap(wrapped, { ...context, ...change })).rejects.toMatchObject({
        code: "SEALED_VALUE_UNREADABLE",
      });
    }
  });
});

describe("TransitKeys", () => {
  it("opens what older versions of a rotated key wrapped, until the server lets go of them", async () => {
    const { fake, keys } = await setUp({ derived: true });
    const first = await keys.wrap(dataKey, context);
    fake.rotate("isthmus");
    const second = await keys.wrap(dataKey, context);
    expect([first.ciphertext, second.ciphertext].map((text) => text.slice(0, 9))).toEqual(["vault:v1:", "vault:v2:"]);
    expect(await keys.unwrap(first, context)).toEqual(dataKey);
    expect(await keys.unwrap(second, context)).toEqual(dataKey);
    // What it cannot see, it does not claim: nothing is taken for the latest version.
    expect(keys.isCurrent()).toBe(false);
    const key = fake.keys.get("isthmus");
    if (key !== undefined) key.minDecryptionVersion = 2;
    const error = await errorOf(keys.unwrap(first, context));
    expect(error).toMatchObject({ code: "SEALED_VALUE_UNREADABLE", retryable: false });
    expect(String(error)).toContain("min_decryption_version");
    expect(await keys.unwrap(second, context)).toEqual(dataKey);
  });

  it("opens with previous keys what they wrapped, and with no key that is not configured", async () => {
    const { fake, connect, keys } = await setUp();
    fake.rotate("newer");
    const wrapped = await keys.wrap(dataKey, context);
    expect(await connect({ key: "newer", previousKeys: ["isthmus"] }).unwrap(wrapped, context)).toEqual(dataKey);
    const before = fake.server.requests.length;
    for (const keyEncryptionKeyId of ["transit/isthmus", "transit/../../sys/seal", "isthmus"]) {
      const moved = { ...wrapped, keyEncryptionKeyId };
      const refused = await errorOf(connect({ key: "newer" }).unwrap(moved, context));
      expect(refused).toMatchObject({ code: "SEALED_VALUE_UNREADABLE" });
    }
    expect(fake.server.requests.length).toBe(before);
  });

  it.each([[400], [500]] as const)(
    "refuses an altered wrapped key, also of a server that answers %i",
    async (status) => {
      const { keys } = await setUp({ statusOfWrongContext: status });
      const wrapped = await keys.wrap(dataKey, context);
      const ciphertext = wrapped.ciphertext.replace(
        /(:.{20})(.)/,
        (_, head, one) => `${head}${one === "A" ? "B" : "A"}`,
      );
      for (const altered of [
        { ciphertext },
        { ciphertext: "vault:v9:AAAA" },
        { ciphertext: "x" },
        { provider: "local" },
      ]) {
        const error = await errorOf(keys.unwrap({ ...wrapped, ...altered }, context));
        expect(error).toMatchObject({ code: "SEALED_VALUE_UNREADABLE", retryable: false });
      }
    },
  );

  it("answers KEY_UNAVAILABLE while the server is sealed, writes nothing, and recovers", async () => {
    const { fake, keys } = await setUp();
    const dataKeys = new MemoryDataKeyStore();
    const vault = new Vault({ keyProvider: keys, dataKeys });
    fake.sealed = true;
    await expect(vault.seal("value", place)).rejects.toMatchObject({ code: "KEY_UNAVAILABLE", retryable: true });
    expect(await dataKeys.current("tenant-1")).toBeUndefined();
    fake.sealed = false;
    const sealed = await vault.seal("value", place);
    vault.dropKeys();
    fake.sealed = true;
    await expect(vault.open(sealed, place)).rejects.toMatchObject({ code: "KEY_UNAVAILABLE", retryable: true });
    fake.sealed = false;
    expect(await vault.open(sealed, place)).toBe("value");
  });

  it("answers KEY_UNAVAILABLE when nothing listens, and writes nothing", async () => {
    const { fake, keys } = await setUp();
    await fake.server.close();
    ends.shift();
    const dataKeys = new MemoryDataKeyStore();
    const sealing = new Vault({ keyProvider: keys, dataKeys }).seal("value", place);
    await expect(sealing).rejects.toMatchObject({ code: "KEY_UNAVAILABLE", retryable: true });
    expect(await dataKeys.current("tenant-1")).toBeUndefined();
  });

  it("sends a call again after a cut connection", async () => {
    const { fake, keys } = await setUp();
    fake.server.reply(reset());
    expect(await keys.unwrap(await keys.wrap(dataKey, context), context)).toEqual(dataKey);
  });

  it.each([
    ["a wrong key name", { key: "isthmsu" }],
    ["a wrong engine", { mount: "transit2" }],
  ])("answers KEY_INVALID to %s", async (_, options) => {
    const { keys } = await setUp({}, options);
    const wrapped = { provider: "transit", keyEncryptionKeyId: keys.currentKeyId, ciphertext: "vault:v1:AAAA" };
    for (const call of [keys.wrap(dataKey, context), keys.unwrap(wrapped, context)]) {
      await expect(call).rejects.toMatchObject({ code: "KEY_INVALID", retryable: false });
    }
  });

  it("asks for the token before each call, and takes a new one after a 403", async () => {
    const { fake, connect } = await setUp();
    let token = "hvs.an-expired-s3cr3t";
    const keys = connect({ token: async () => token, namespace: "team/a" });
    const error = await errorOf(keys.wrap(dataKey, context));
    expect(error).toMatchObject({ code: "KEY_UNAVAILABLE", retryable: true });
    expect(String(error)).toContain("policy");
    token = fake.token;
    await keys.wrap(dataKey, context);
    expect(fake.server.requests.at(-1)?.headers).toMatchObject({ "x-vault-namespace": "team/a" });
  });

  it("lets the token be seen in no error, whatever answers", async () => {
    const { fake, connect } = await setUp();
    const replies = [400, 403, 404, 418, 429, 500, 503].map((status) =>
      json({ errors: [`bad token ${fake.token}`] }, status),
    );
    const bodies = [json({ data: { ciphertext: fake.token } }), json(fake.token), reset()];
    for (const reply of [...replies, ...bodies]) {
      fake.server.reply(reply);
      const error = await errorOf(connect({ transport: { retry: { maxAttempts: 1 } } }).wrap(dataKey, context));
      expect(error).toMatchObject({ name: "ConnectorError" });
      expect(textOf(error)).not.toContain("s3cr3t");
      fake.server.reply(reply);
      const other = await errorOf(
        connect({ transport: { retry: { maxAttempts: 1 } } }).unwrap(
          { provider: "transit", keyEncryptionKeyId: "transit/isthmus", ciphertext: "vault:v1:AAAA" },
          context,
        ),
      );
      expect(textOf(other)).not.toContain("s3cr3t");
    }
    const failing = connect({ token: () => Promise.reject(new Error(`cannot read ${fake.token}`)) });
    const error = await errorOf(failing.wrap(dataKey, context));
    expect(error).toMatchObject({ code: "KEY_UNAVAILABLE", retryable: true });
    expect(textOf(error)).not.toContain("s3cr3t");
  });

  it.each([
    [{ address: "https://vault.example.com/v1" }, "address"],
    [{ address: "vault" }, "address"],
    [{ key: "../sys" }, "key"],
    [{ key: "" }, "key"],
    [{ previousKeys: ["a/b"] }, "previousKeys"],
    [{ mount: "a/../b" }, "mount"],
    [{ mount: "/transit" }, "mount"],
    [{ token: "hvs.s3cr3t\n" }, "token"],
    [{ token: "" }, "token"],
    [{ namespace: "a\nb" }, "namespace"],
    [{ timeoutMs: 0 }, "timeoutMs"],
  ])("refuses %j when it is made", (change, word) => {
    const options = { address: "https://vault.example.com:8200", token: "hvs.x", key: "isthmus", ...change };
    const work = () => new TransitKeys(options);
    expect(work).toThrowError(expect.objectContaining({ code: "KEY_INVALID" }));
    expect(work).toThrow(word);
    expect(work).not.toThrow("s3cr3t");
  });

  it("talks to a private address only when that is allowed", () => {
    const work = () => new TransitKeys({ address: "http://127.0.0.1:8200", token: "hvs.x", key: "isthmus" });
    expect(work).toThrowError(expect.objectContaining({ code: "FORBIDDEN_TARGET" }));
  });
});
