import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { MemoryDataKeyStore } from "./data-key-store.js";
import { LocalKeyring } from "./local-keyring.js";
import { deriveSigner } from "./signer.js";
import { Vault } from "./vault.js";

function isSigned(publicKey: string, text: string, signature: string): boolean {
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
  return verify(null, Buffer.from(text), key, Buffer.from(signature, "base64url"));
}

describe("Vault.signer", () => {
  const makeVault = () =>
    new Vault({ keyProvider: LocalKeyring.parse(LocalKeyring.generate()), dataKeys: new MemoryDataKeyStore() });

  it("is the same key each time, of the tenant's data key, and signs what its public key verifies", async () => {
    const vault = makeVault();
    const signer = await vault.signer("tenant-1", "audit");
    expect(signer.keyId).toBe(
      (await vault.seal(1, { tenantId: "tenant-1", table: "t", recordId: "r", field: "f" })).kid,
    );
    const again = await vault.signer("tenant-1", "audit", signer.keyId);
    expect(again.publicKey).toBe(signer.publicKey);
    expect(again.sign("what")).toBe(signer.sign("what"));
    expect(isSigned(signer.publicKey, "what", signer.sign("what"))).toBe(true);
    expect(isSigned(signer.publicKey, "that", signer.sign("what"))).toBe(false);
  });

  it("is another key for another tenant, and none where the data key is gone", async () => {
    const vault = makeVault();
    const signer = await vault.signer("tenant-1", "audit");
    expect((await vault.signer("tenant-2", "audit")).publicKey).not.toBe(signer.publicKey);
    const gone = vault.signer("tenant-2", "audit", signer.keyId);
    await expect(gone).rejects.toMatchObject({ code: "SEALED_VALUE_UNREADABLE" });
  });

  it("shows no private key, however it is printed", async () => {
    const signer = await makeVault().signer("tenant-1", "audit");
    expect(Object.keys(signer)).toEqual(["keyId", "publicKey"]);
  });
});

describe("deriveSigner", () => {
  it("gives the public key that another implementation derives", () => {
    // HKDF and Ed25519 of Python's cryptography 48.0.0.
    expect(deriveSigner(Buffer.alloc(32, 2), "key-1", "audit").publicKey).toBe(
      "b5dUwYmUvUKGa1fm1xkDV3Cxo-agW84MDe51d0uR4Hg",
    );
  });
});
