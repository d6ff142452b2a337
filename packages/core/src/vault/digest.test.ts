import { describe, expect, it } from "vitest";
import { MemoryDataKeyStore } from "./data-key-store.js";
import { LocalKeyring } from "./local-keyring.js";
import { Vault } from "./vault.js";

const keyProvider = LocalKeyring.parse(LocalKeyring.generate());
const place = { tenantId: "tenant-1", table: "connectors", recordId: "c-1", field: "credentials" };
const credentials = { clientId: "3MVG9", clientSecret: "correct-horse-battery" };
const unreadable = { code: "SEALED_VALUE_UNREADABLE" };

function makeVault(): Vault {
  return new Vault({ keyProvider, dataKeys: new MemoryDataKeyStore() });
}

describe("Vault.digest", () => {
  it("says which data key it is under, and the same for the same value each time", async () => {
    const vault = makeVault();
    const { kid } = await vault.seal(credentials, place);
    const digest = await vault.digest(credentials, place);
    expect(digest).toMatch(new RegExp(`^hmac-sha256/${kid}/[\\w-]{43}$`));
    expect(await vault.digest({ ...credentials }, place)).toBe(digest);
  });

  it("makes the tenant's first data key where there is none", async () => {
    const vault = makeVault();
    const digest = await vault.digest("first", place);
    expect(digest).toContain((await vault.seal("second", place)).kid);
  });

  it("cannot be made by who knows value and place without the tenant's data key", async () => {
    const digests = await Promise.all([makeVault(), makeVault()].map((vault) => vault.digest(credentials, place)));
    expect(new Set(digests.map((digest) => digest.split("/")[2])).size).toBe(2);
  });

  it.each(["tenantId", "table", "recordId", "field"] as const)("differs where %s differs", async (part) => {
    const vault = makeVault();
    const [here, there] = await Promise.all(
      [place, { ...place, [part]: "another" }].map((where) => vault.digest(credentials, where)),
    );
    expect(here?.split("/")[2]).not.toBe(there?.split("/")[2]);
  });

  it.each([undefined, () => 1, 1n])("refuses %s, which JSON cannot hold, before a data key is made", async (value) => {
    const dataKeys = new MemoryDataKeyStore();
    const vault = new Vault({ keyProvider, dataKeys });
    await expect(vault.digest(value, place)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(vault.digest(1, { ...place, field: "" })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(await dataKeys.current("tenant-1")).toBeUndefined();
  });
});

describe("Vault.digester", () => {
  it("gives the digests of the vault, asking nobody, and none after it was disposed of", async () => {
    const vault = makeVault();
    const digester = await vault.digester("tenant-1");
    const { tenantId: _, ...elsewhere } = place;
    expect(digester.digest(credentials, elsewhere)).toBe(await vault.digest(credentials, place));
    digester[Symbol.dispose]();
    expect(() => digester.digest(credentials, elsewhere)).toThrow(TypeError);
  });
});

describe("Vault.matchesDigest", () => {
  it("knows a value again under a key that is not the current one any more", async () => {
    const dataKeys = new MemoryDataKeyStore();
    const vault = new Vault({ keyProvider, dataKeys });
    const digest = await vault.digest(credentials, place);
    const replaced = new MemoryDataKeyStore();
    const rotated = new Vault({
      keyProvider,
      dataKeys: {
        current: (tenantId) => replaced.current(tenantId),
        find: async (tenantId, id) => (await replaced.find(tenantId, id)) ?? (await dataKeys.find(tenantId, id)),
        insert: (record) => replaced.insert(record),
      },
    });
    expect(await rotated.digest(credentials, place)).not.toBe(digest);
    expect(await rotated.matchesDigest(digest, credentials, place)).toBe(true);
    expect(await rotated.matchesDigest(digest, { ...credentials, clientId: "3MVG8" }, place)).toBe(false);
  });

  it("says so when the data key of the digest is gone", async () => {
    const digest = await makeVault().digest(credentials, place);
    await expect(makeVault().matchesDigest(digest, credentials, place)).rejects.toMatchObject(unreadable);
  });

  it.each([
    "",
    "sha256/key-1/VoXiakAjgY89UWRysPREyQsopuTDWCuGfyysB9y-QIE",
    "hmac-sha256/key 1/VoXiakAjgY89UWRysPREyQsopuTDWCuGfyysB9y-QIE",
    "hmac-sha256/key-1/VoXiakAjgY89UWRysPREyQsopuTDWCuGfyysB9y-QIF",
    "hmac-sha256/key-1/VoXiakAjgY89UWRysPREyQsopuTDWCuGfyysB9y-QI",
    "hmac-sha256/key-1/VoXiakAjgY89UWRysPREyQsopuTDWCuGfyysB9y-QIE\n",
  ])("takes for a digest only what looks like one: %j", async (text) => {
    await expect(makeVault().matchesDigest(text, credentials, place)).rejects.toMatchObject(unreadable);
  });
});
