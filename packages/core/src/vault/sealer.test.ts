import { describe, expect, it } from "vitest";
import { MemoryDataKeyStore } from "./data-key-store.js";
import { LocalKeyring } from "./local-keyring.js";
import { Vault } from "./vault.js";

const place = { tenantId: "tenant-1", table: "connector_tokens", recordId: "c-1", field: "tokens" };
const keyring = LocalKeyring.parse(LocalKeyring.generate());

/** A vault whose key store and key provider can be cut off. */
function makeVault() {
  let away = false;
  const inner = new MemoryDataKeyStore();
  const orAway = <Result>(work: () => Promise<Result>) => (away ? Promise.reject(new Error("away")) : work());
  const dataKeys = {
    current: (tenantId: string) => orAway(() => inner.current(tenantId)),
    find: (tenantId: string, id: string) => orAway(() => inner.find(tenantId, id)),
    insert: (record: Parameters<typeof inner.insert>[0]) => orAway(() => inner.insert(record)),
  };
  const vault = new Vault({ keyProvider: keyring, dataKeys });
  return {
    vault,
    leave: () => {
      away = true;
      vault.dropKeys();
    },
    comeBack: () => {
      away = false;
    },
  };
}

describe("Sealer", () => {
  it("seals while store and key provider are away, and the vault opens it later", async () => {
    const { vault, leave, comeBack } = makeVault();
    using sealer = await vault.sealer(place);
    leave();
    await expect(vault.seal("value", place)).rejects.toThrow("away");
    const sealed = sealer.seal({ accessToken: "t" });
    comeBack();
    expect(await vault.open(sealed, place)).toEqual({ accessToken: "t" });
  });

  it("takes the data key that is named, without asking anybody while that is cached", async () => {
    const { vault } = makeVault();
    const { kid } = await vault.seal("first", place);
    const elsewhere = new Vault({ keyProvider: keyring, dataKeys: new MemoryDataKeyStore() });
    await expect(elsewhere.sealer(place, kid)).rejects.toMatchObject({ code: "SEALED_VALUE_UNREADABLE" });
    using sealer = await vault.sealer(place, kid);
    expect(sealer.seal("second").kid).toBe(kid);
  });

  it("seals for its own place only", async () => {
    const { vault } = makeVault();
    using sealer = await vault.sealer(place);
    const moved = vault.open(sealer.seal("value"), { ...place, recordId: "c-2" });
    await expect(moved).rejects.toMatchObject({ code: "SEALED_VALUE_UNREADABLE" });
  });

  it("seals nothing after it was disposed of: its key is overwritten", async () => {
    const { vault } = makeVault();
    const sealer = await vault.sealer(place);
    sealer[Symbol.dispose]();
    expect(() => sealer.seal("value")).toThrow(TypeError);
  });

  it("refuses what is no JSON", async () => {
    const { vault } = makeVault();
    using sealer = await vault.sealer(place);
    expect(() => sealer.seal(1n)).toThrowError(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });
});
