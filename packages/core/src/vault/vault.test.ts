import { describe, expect, it } from "vitest";
import { MemoryDataKeyStore } from "./data-key-store.js";
import type { DataKeyContext, KeyProvider, WrappedKey } from "./key-provider.js";
import { LocalKeyring } from "./local-keyring.js";
import { type SealContext, sealedValueSchema } from "./sealed-value.js";
import { Vault } from "./vault.js";

const k1 = `k1:${Buffer.alloc(32, 1).toString("base64")}`;
const k2 = `k2:${Buffer.alloc(32, 2).toString("base64")}`;
const place: SealContext = { tenantId: "tenant-1", table: "connectors", recordId: "c-1", field: "credentials" };
const credentials = { clientId: "3MVG9", clientSecret: "correct-horse-battery", refreshToken: "5Aep861" };
const unreadable = { code: "SEALED_VALUE_UNREADABLE", retryable: false };

/** A key provider at the end of a line that can be cut. */
class RemoteKeys implements KeyProvider {
  readonly provider = "remote";
  readonly currentKeyId = "k1";
  readonly keyIds = ["k1"];
  readonly calls: string[] = [];
  away = false;
  readonly #keyring = LocalKeyring.parse(k1);

  async wrap(dataKey: Uint8Array, context: DataKeyContext): Promise<WrappedKey> {
    this.#call("wrap");
    return this.#keyring.wrap(dataKey, context);
  }

  async unwrap(wrapped: WrappedKey, context: DataKeyContext): Promise<Buffer> {
    this.#call("unwrap");
    return this.#keyring.unwrap(wrapped, context);
  }

  isCurrent(): boolean {
    return true;
  }

  #call(name: string): void {
    this.calls.push(name);
    if (this.away) throw new Error("connect ECONNREFUSED, Authorization: Bearer hvs.CAESIJ2k7s3cr3t");
  }
}

function setUp(keys = k1, dataKeys = new MemoryDataKeyStore()) {
  return { dataKeys, vault: new Vault({ keyProvider: LocalKeyring.parse(keys), dataKeys }) };
}

function catchError(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "no error",
    (error: unknown) => error,
  );
}

describe("Vault", () => {
  it("TEST-001 seals credentials and opens them again in the same place", async () => {
    const { vault } = setUp();
    const sealed = await vault.seal(credentials, place);
    expect(await vault.open(sealed, place)).toEqual(credentials);
    expect(await vault.open(JSON.parse(JSON.stringify(sealed)), place)).toEqual(credentials);
  });

  it("TEST-001 opens them in another process that has the same keyring and data keys", async () => {
    const { vault, dataKeys } = setUp();
    const sealed = await vault.seal(credentials, place);
    expect(await setUp(`${k2},${k1}`, dataKeys).vault.open(sealed, place)).toEqual(credentials);
  });

  it("TEST-008 lets nothing of the credentials be seen in what is stored, in any usual encoding", async () => {
    const { vault, dataKeys } = setUp();
    const stored = JSON.stringify([await vault.seal(credentials, place), await dataKeys.current("tenant-1")]);
    const haystacks = [stored, ...stored.split('"').map((part) => Buffer.from(part, "base64url").toString("latin1"))];
    for (const secret of Object.values(credentials)) {
      const bytes = Buffer.from(secret);
      for (const needle of [secret, bytes.toString("base64url"), bytes.toString("hex")]) {
        expect(haystacks.some((text) => text.includes(needle))).toBe(false);
      }
    }
  });

  it("TEST-008 writes exactly the documented format", async () => {
    const sealed = await setUp().vault.seal(credentials, place);
    expect(sealedValueSchema.parse(sealed)).toEqual(sealed);
    expect(Object.keys(sealed)).toEqual(["v", "alg", "kid", "salt", "iv", "data", "tag", "commitment"]);
    expect(sealed).toMatchObject({ v: 1, alg: "AES-256-GCM-HKDF-SHA256" });
  });

  it.each([
    ["tenant", { tenantId: "tenant-2" }],
    ["table", { table: "connector_tokens" }],
    ["record", { recordId: "c-2" }],
    ["field", { field: "configuration" }],
  ])("TEST-008 does not open a value that was moved to another %s", async (_, change) => {
    const { vault } = setUp();
    const sealed = await vault.seal(credentials, place);
    await vault.seal("makes the other tenant's key", { ...place, tenantId: "tenant-2" });
    const error = await catchError(vault.open(sealed, { ...place, ...change }));
    expect(error).toMatchObject(unreadable);
    expect(String(error)).toMatch(/moved here from another/);
  });

  it("TEST-008 does not open a value whose data key was carried to another tenant along with it", async () => {
    const { vault, dataKeys } = setUp();
    const sealed = await vault.seal(credentials, place);
    const key = await dataKeys.find("tenant-1", sealed.kid);
    if (key === undefined) throw new Error("no data key");
    await dataKeys.insert({ ...key, tenantId: "tenant-2" });
    await expect(vault.open(sealed, { ...place, tenantId: "tenant-2" })).rejects.toMatchObject(unreadable);
  });

  it("opens an older value of the same place: a sealed value carries no date", async () => {
    const { vault } = setUp();
    const older = await vault.seal("older", place);
    await vault.seal("newer", place);
    expect(await vault.open(older, place)).toBe("older");
  });

  it.each([
    ["another version", { v: 2 }],
    ["another algorithm", { alg: "AES-256-GCM" }],
    ["a short salt", { salt: Buffer.alloc(31).toString("base64url") }],
    ["a long initialisation vector", { iv: Buffer.alloc(16).toString("base64url") }],
    ["a tag of 12 bytes", { tag: Buffer.alloc(12).toString("base64url") }],
    ["a tag of 8 bytes", { tag: Buffer.alloc(8).toString("base64url") }],
    ["a tag of 4 bytes", { tag: Buffer.alloc(4).toString("base64url") }],
    ["no commitment", { commitment: undefined }],
    ["standard base64", { data: "+/+/" }],
    ["a property of its own", { extra: 1 }],
  ])("refuses a stored value with %s", async (_, change) => {
    const { vault } = setUp();
    const sealed = await vault.seal(credentials, place);
    await expect(vault.open({ ...sealed, ...change }, place)).rejects.toMatchObject(unreadable);
  });

  it("refuses a second spelling of the same bytes", async () => {
    const { vault } = setUp();
    const sealed = await vault.seal(credentials, place);
    // 16 bytes fill 21 characters and a third: the last character has 4 bits to spare.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const tag = sealed.tag.slice(0, -1) + alphabet[alphabet.indexOf(sealed.tag.slice(-1)) + 1];
    expect(Buffer.from(tag, "base64url")).toEqual(Buffer.from(sealed.tag, "base64url"));
    await expect(vault.open({ ...sealed, tag }, place)).rejects.toMatchObject(unreadable);
  });

  it.each([[undefined], [null], ["plaintext"], [{ clientSecret: "plaintext" }], [[]]])(
    "never takes %j for a sealed value",
    async (stored) => {
      await expect(setUp().vault.open(stored, place)).rejects.toMatchObject(unreadable);
    },
  );

  it("says which key is missing when the keyring is another one, and shows no material", async () => {
    const { vault, dataKeys } = setUp(k1);
    const sealed = await vault.seal(credentials, place);
    const other = setUp(k2, dataKeys).vault;
    const error = await catchError(other.open(sealed, place));
    expect(error).toMatchObject(unreadable);
    expect(String(error)).toMatch(/key "k1", which the keyring does not hold/);
    expect(String(error)).not.toContain(sealed.data);
    await expect(other.seal(credentials, place)).rejects.toMatchObject(unreadable);
  });

  it.each([undefined, () => 1, Symbol("s"), 1n])("refuses to seal %s, which JSON cannot hold", async (value) => {
    await expect(setUp().vault.seal(value, place)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it.each([
    ["empty", { recordId: "" }],
    ["a lone surrogate", { field: "\ud800" }],
  ])("refuses a place with a part that is %s", async (_, change) => {
    const { vault, dataKeys } = setUp();
    const elsewhere = { ...place, ...change };
    await expect(vault.seal(1, elsewhere)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(await dataKeys.current(elsewhere.tenantId)).toBeUndefined();
  });
});

describe("Vault and its keys", () => {
  it("makes one data key for a tenant's first values however many come at once, and unwraps none", async () => {
    const keyProvider = new RemoteKeys();
    const vault = new Vault({ keyProvider, dataKeys: new MemoryDataKeyStore() });
    const sealed = await Promise.all(Array.from({ length: 20 }, (_, index) => vault.seal(index, place)));
    expect(new Set(sealed.map(({ kid }) => kid)).size).toBe(1);
    expect(keyProvider.calls).toEqual(["wrap"]);
  });

  it.each(["", "tenant 1/key", "k\n1", "k".repeat(101)])(
    "seals nothing under an id that does not open: %j",
    async (id) => {
      const dataKeys = new MemoryDataKeyStore();
      const vault = new Vault({ keyProvider: LocalKeyring.parse(k1), dataKeys, createDataKeyId: () => id });
      await expect(vault.seal(1, place)).rejects.toMatchObject({ code: "KEY_INVALID" });
      expect(await dataKeys.current(place.tenantId)).toBeUndefined();
    },
  );

  it("keeps a key whole while others are loaded over it and it is dropped again and again", async () => {
    const keyProvider = new RemoteKeys();
    const vault = new Vault({ keyProvider, dataKeys: new MemoryDataKeyStore(), cache: { maximumKeys: 1 } });
    const places = Array.from({ length: 60 }, (_, index) => ({ ...place, tenantId: `tenant-${index % 5}` }));
    const opened = await Promise.all(
      places.map(async (where, index) => {
        const sealed = await vault.seal(index, where);
        if (index % 7 === 0) vault.dropKeys(where.tenantId);
        return vault.open(sealed, where);
      }),
    );
    expect(opened).toEqual(places.map((_, index) => index));
  });

  it("takes the key of the process that was first", async () => {
    const keyProvider = new RemoteKeys();
    const dataKeys = new MemoryDataKeyStore();
    const vaults = [1, 2, 3].map(() => new Vault({ keyProvider, dataKeys }));
    const sealed = await Promise.all(vaults.map((vault) => vault.seal("value", place)));
    expect(new Set(sealed.map(({ kid }) => kid)).size).toBe(1);
    for (const vault of vaults) expect(await vault.open(sealed[0], place)).toBe("value");
  });

  it("unwraps a key once for callers that come together, and again when the cache's time is over", async () => {
    const dataKeys = new MemoryDataKeyStore();
    const sealed = await setUp(k1, dataKeys).vault.seal("value", place);
    const keyProvider = new RemoteKeys();
    const time = { nowMs: 0 };
    const clock = { now: () => time.nowMs, sleep: async () => undefined };
    const vault = new Vault({ keyProvider, dataKeys, clock });
    await Promise.all(Array.from({ length: 20 }, () => vault.open(sealed, place)));
    time.nowMs += 299_999;
    await vault.open(sealed, place);
    expect(keyProvider.calls).toEqual(["unwrap"]);
    time.nowMs += 1;
    await vault.open(sealed, place);
    expect(keyProvider.calls).toEqual(["unwrap", "unwrap"]);
  });

  it("answers KEY_UNAVAILABLE while the provider is away, stores nothing, and recovers", async () => {
    const keyProvider = new RemoteKeys();
    const dataKeys = new MemoryDataKeyStore();
    const vault = new Vault({ keyProvider, dataKeys });
    keyProvider.away = true;
    const error = await catchError(vault.seal(credentials, place));
    expect(error).toMatchObject({ code: "KEY_UNAVAILABLE", retryable: true });
    expect(String((error as Error).cause)).not.toContain("s3cr3t");
    expect(await dataKeys.current("tenant-1")).toBeUndefined();
    keyProvider.away = false;
    const sealed = await vault.seal(credentials, place);
    vault.dropKeys();
    keyProvider.away = true;
    await expect(vault.open(sealed, place)).rejects.toMatchObject({ code: "KEY_UNAVAILABLE", retryable: true });
    keyProvider.away = false;
    expect(await vault.open(sealed, place)).toEqual(credentials);
  });

  it("refuses to seal before the new data key is stored", async () => {
    class FullStore extends MemoryDataKeyStore {
      override async insert(): Promise<never> {
        throw new Error("disk full");
      }
    }
    const vault = new Vault({ keyProvider: LocalKeyring.parse(k1), dataKeys: new FullStore() });
    await expect(vault.seal(credentials, place)).rejects.toThrow("disk full");
  });
});
