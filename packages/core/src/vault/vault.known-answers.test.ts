import { expect, it } from "vitest";
import { MemoryDataKeyStore } from "./data-key-store.js";
import { LocalKeyring } from "./local-keyring.js";
import { Vault } from "./vault.js";

// Written from the documented format by another implementation: HKDF and AESGCM of Python's cryptography 48.0.0, with keys,
// salts and initialisation vectors of one repeated byte each.
const keyEncryptionKey = Buffer.alloc(32, 1);
const dataKey = Buffer.alloc(32, 2);
const wrapped = {
  provider: "local",
  keyEncryptionKeyId: "k1",
  ciphertext:
    "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMEBAQEBAQEBAQEBARfPfF81nl4pOJi8sqnUWFFSTCWsuA4PsCzEoDGvg_DrTmvCZ711ax3zJqpfHnUEWV_fDuv64eMfYwsh6VECdncud3wVN3GwR4kGw0D0Q9CXg",
};
const sealed = {
  v: 1,
  alg: "AES-256-GCM-HKDF-SHA256",
  kid: "key-1",
  salt: Buffer.alloc(32, 5).toString("base64url"),
  iv: Buffer.alloc(12, 6).toString("base64url"),
  data: "IYn5YxiIKstgVLf9m8K0sU0EUt7OdRFJ98I",
  tag: "qd6htD9xxtTyqYNie2BLrw",
  commitment: "ZPsOwHWVxV1e8CKDOXq9N0XPuI7xqVXvqWjOojKnzTc",
};
const place = { tenantId: "tenant-1", table: "connectors", recordId: "c-1", field: "credentials" };
const value = { clientSecret: "gehëim" };

/** Gives bytes of one value each, in this order. */
function scripted(...values: number[]) {
  return { number: () => 0, uuid: () => "key-1", bytes: (length: number) => Buffer.alloc(length, values.shift()) };
}

it("opens what another implementation of the format sealed", async () => {
  const keyProvider = LocalKeyring.parse(`k1:${keyEncryptionKey.toString("base64")}`);
  expect(await keyProvider.unwrap(wrapped, { tenantId: "tenant-1", dataKeyId: "key-1" })).toEqual(dataKey);
  const dataKeys = new MemoryDataKeyStore();
  await dataKeys.insert({ id: "key-1", tenantId: "tenant-1", wrapped });
  expect(await new Vault({ keyProvider, dataKeys }).open(sealed, place)).toEqual(value);
});

it("seals to the same bytes as another implementation of the format", async () => {
  const keyProvider = LocalKeyring.parse(`k1:${keyEncryptionKey.toString("base64")}`, scripted(3, 4));
  const dataKeys = new MemoryDataKeyStore();
  const vault = new Vault({ keyProvider, dataKeys, random: scripted(2, 5, 6) });
  expect(await vault.seal(value, place)).toEqual(sealed);
  expect((await dataKeys.current("tenant-1"))?.wrapped).toEqual(wrapped);
});

it("digests to the same text as another implementation of the format", async () => {
  const keyProvider = LocalKeyring.parse(`k1:${keyEncryptionKey.toString("base64")}`);
  const dataKeys = new MemoryDataKeyStore();
  await dataKeys.insert({ id: "key-1", tenantId: "tenant-1", wrapped });
  // HKDF and HMAC of Python over the canonical JSON of value and place.
  const known = "hmac-sha256/key-1/VoXiakAjgY89UWRysPREyQsopuTDWCuGfyysB9y-QIE";
  expect(await new Vault({ keyProvider, dataKeys }).digest(value, place)).toBe(known);
});
