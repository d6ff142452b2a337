import { createCipheriv, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MemoryDataKeyStore } from "./data-key-store.js";
import { importLaravel, type LaravelOptions, openLaravelValue } from "./laravel.js";
import { LocalKeyring } from "./local-keyring.js";
import { Vault } from "./vault.js";

// Made by Laravel itself, see the folder's README.
const file = new URL("../../test/fixtures/laravel/values.json", import.meta.url);
const { keys, values } = z
  .object({
    keys: z.record(z.string(), z.string()),
    values: z.array(
      z.object({
        name: z.string(),
        cipher: z.enum(["AES-128-CBC", "AES-256-CBC", "AES-128-GCM", "AES-256-GCM"]),
        key: z.string(),
        content: z.enum(["serialized", "text", "json"]),
        payload: z.string(),
        value: z.json().optional(),
        refused: z.string().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(file, "utf8")));

type Fixture = (typeof values)[number];

const keyOf = (name: string) => keys[name] ?? "";
const optionsOf = ({ cipher, key, content }: Fixture): LaravelOptions => ({ keys: [keyOf(key)], cipher, content });
const label = ({ cipher, name }: Fixture) => `${cipher}: ${name}`;
const readable = values.filter(({ refused }) => refused === undefined);
const ofEachCipher = values.filter(({ name }) => name === "a string");

const payloadParts = z.object({ iv: z.string(), value: z.string(), mac: z.string(), tag: z.string() });
const open = (payload: string) => payloadParts.parse(JSON.parse(Buffer.from(payload, "base64").toString()));
const pack = (parts: object) => Buffer.from(JSON.stringify(parts)).toString("base64");
const alter = (payload: string, change: object) => pack({ ...open(payload), ...change });
const zeros = (length: number) => Buffer.alloc(length).toString("base64");

function fixture(name: string, cipher = "AES-256-CBC"): Fixture {
  const found = values.find((value) => value.name === name && value.cipher === cipher);
  if (found === undefined) throw new Error(`no fixture ${name}`);
  return found;
}

function errorOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

function expectRefused(work: () => unknown, words: RegExp | string, code = "SEALED_VALUE_UNREADABLE"): void {
  const error = errorOf(work);
  expect(error).toMatchObject({ code, retryable: false });
  expect((error as Error).cause).toBeUndefined();
  expect(String(error)).toMatch(words);
  for (const secret of [...Object.values(keys), "ünïcode", "correct-horse"])
    expect(String(error)).not.toContain(secret);
}

function flipBit(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe("openLaravelValue", () => {
  it("has fixtures of every cipher", () => {
    expect(ofEachCipher).toHaveLength(4);
    expect(readable.length).toBeGreaterThan(30);
  });

  it.each(readable.map((value) => [label(value), value] as const))("SEC-001 opens what PHP wrote: %s", (_, value) => {
    expect(openLaravelValue(value.payload, optionsOf(value))).toEqual(value.value);
  });

  it.each(values.filter(({ refused }) => refused !== undefined).map((value) => [value.name, value] as const))(
    "refuses what PHP wrote and JSON cannot hold: %s",
    (_, value) => expectRefused(() => openLaravelValue(value.payload, optionsOf(value)), value.refused ?? ""),
  );

  it.each(["AES-256-CBC", "AES-256-GCM"] as const)("tries previous keys in their order with %s", (cipher) => {
    const { payload, value } = fixture("a string under a previous key", cipher);
    const given = { cipher, content: "text" } as const;
    for (const order of [
      ["current", "previous"],
      ["previous", "current"],
      ["raw", "current", "previous"],
    ]) {
      expect(openLaravelValue(payload, { ...given, keys: order.map(keyOf) })).toBe(value);
    }
    expectRefused(() => openLaravelValue(payload, { ...given, keys: [keyOf("current")] }), "APP_PREVIOUS_KEYS");
    expectRefused(() => openLaravelValue(payload, { ...given, keys: [keyOf("current"), keyOf("raw")] }), "2 keys");
  });

  it("reads AES-256-CBC and serialised content unless told otherwise, as Laravel does", () => {
    const { payload } = fixture("a serialised string");
    expect(openLaravelValue(payload, { keys: [keyOf("current")] })).toBe("correct-horse-battery");
  });

  it("opens older values, which have no tag", () => {
    const { payload, value } = fixture("a string");
    const { tag: _, ...older } = open(payload);
    expect(openLaravelValue(pack(older), optionsOf(fixture("a string")))).toBe(value);
  });

  it.each(ofEachCipher.map((value) => [value.cipher, value] as const))(
    "TEST-008 fails closed for every flipped bit of every part with %s",
    (cipher, value) => {
      const parts = open(value.payload);
      for (const part of cipher.endsWith("GCM") ? (["iv", "value", "tag"] as const) : (["iv", "value"] as const)) {
        const bytes = Buffer.from(parts[part], "base64");
        expect(bytes.length).toBeGreaterThan(0);
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          const payload = pack({ ...parts, [part]: flipBit(bytes, bit).toString("base64") });
          expectRefused(() => openLaravelValue(payload, optionsOf(value)), "does not open with the key");
        }
      }
      for (let bit = 0; bit < parts.mac.length * 4; bit++) {
        const mac = flipBit(Buffer.from(parts.mac, "hex"), bit).toString("hex");
        expectRefused(() => openLaravelValue(pack({ ...parts, mac }), optionsOf(value)), "does not open with the key");
      }
    },
  );

  it("TEST-008 opens no other text than the one that PHP wrote", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ofEachCipher), fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, mask) => {
        const bytes = Buffer.from(value.payload);
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ mask;
        expectRefused(() => openLaravelValue(bytes.toString("latin1"), optionsOf(value)), "Laravel");
      }),
    );
  });

  it.each([
    ["a tag beside the MAC", "AES-256-CBC", { tag: zeros(16) }, "has a tag, which only GCM"],
    ["no MAC", "AES-256-CBC", { mac: "" }, "does not open"],
    [
      "a MAC in upper case",
      "AES-256-CBC",
      { mac: open(fixture("a string").payload).mac.toUpperCase() },
      "does not open",
    ],
    ["an initialisation vector of 12 bytes", "AES-256-CBC", { iv: zeros(12) }, "12 bytes instead of 16"],
    ["no tag", "AES-256-GCM", { tag: "" }, "has no tag"],
    ["a tag of 12 bytes", "AES-256-GCM", { tag: zeros(12) }, "12 bytes instead of 16"],
    ["a tag of 8 bytes", "AES-256-GCM", { tag: zeros(8) }, "8 bytes instead of 16"],
    ["a tag of 4 bytes", "AES-256-GCM", { tag: zeros(4) }, "4 bytes instead of 16"],
    ["a tag of 17 bytes", "AES-256-GCM", { tag: zeros(17) }, "17 bytes instead of 16"],
    ["a MAC beside the tag", "AES-256-GCM", { mac: "0".repeat(64) }, "has a MAC beside its tag"],
    ["an initialisation vector of 16 bytes", "AES-256-GCM", { iv: zeros(16) }, "16 bytes instead of 12"],
    ["a number as iv", "AES-256-CBC", { iv: 1 }, "iv, value, mac and tag"],
    ["no value", "AES-256-CBC", { value: undefined }, "iv, value, mac and tag"],
    ["an array as MAC", "AES-256-CBC", { mac: ["a"] }, "iv, value, mac and tag"],
    ["a property of its own", "AES-256-CBC", { cipher: "AES-128-CBC" }, "iv, value, mac and tag"],
    ["base64 with a line break", "AES-256-CBC", { value: `${zeros(16)}\n` }, "iv, value, mac and tag"],
  ])("TEST-008 refuses a payload with %s (%s)", (_, cipher, change, words) => {
    const value = fixture("a string", cipher);
    expectRefused(() => openLaravelValue(alter(value.payload, change), optionsOf(value)), words);
  });

  it("never lets the payload choose the cipher", () => {
    const cbc = fixture("a string");
    const gcm = fixture("a string", "AES-256-GCM");
    expectRefused(() => openLaravelValue(gcm.payload, optionsOf(cbc)), "config/app.php");
    expectRefused(() => openLaravelValue(cbc.payload, optionsOf(gcm)), "config/app.php");
  });

  it("refuses a right MAC over what does not decrypt", () => {
    const { payload, ...value } = fixture("a string");
    const { iv } = open(payload);
    const key = Buffer.from(keyOf("current").slice(7), "base64");
    const cipher = createCipheriv("aes-256-cbc", key, Buffer.from(iv, "base64")).setAutoPadding(false);
    for (const text of [cipher.update(Buffer.alloc(16, 0x55)).toString("base64"), zeros(15), ""]) {
      const mac = createHmac("sha256", key).update(`${iv}${text}`).digest("hex");
      const crafted = alter(payload, { value: text, mac });
      expectRefused(() => openLaravelValue(crafted, optionsOf({ payload, ...value })), "does not open");
    }
  });

  it.each([[""], ["plaintext"], ["e30="], ["bnVsbA=="], ["W10="], [`${fixture("a string").payload}\n`]])(
    "refuses %j, which is no payload",
    (payload) => expectRefused(() => openLaravelValue(payload, optionsOf(fixture("a string"))), "Laravel's encrypter"),
  );

  it("says what to look at when the content is another", () => {
    const text = fixture("a string");
    expectRefused(() => openLaravelValue(text.payload, { ...optionsOf(text), content: "serialized" }), "encryptString");
    expectRefused(() => openLaravelValue(text.payload, { ...optionsOf(text), content: "json" }), "is not JSON");
  });

  it.each([
    [[], "APP_KEY"],
    [["base64:"], "key 1 has 0 bytes"],
    [["base64:!!"], "key 1 is not base64"],
    [[keyOf("current"), "a secret that is too short"], "key 2 has 26 bytes, and AES-256-CBC takes 32"],
    [[keyOf("short")], "key 1 has 16 bytes"],
    [[keyOf("current").slice(7)], '"base64:" included'],
  ])("refuses unusable keys, and names them by position", (given, words) => {
    const work = () => openLaravelValue(fixture("a string").payload, { keys: given });
    expectRefused(work, words, "KEY_INVALID");
    expect(String(errorOf(work))).not.toContain("a secret that");
  });
});

describe("importLaravel", () => {
  const place = { tenantId: "tenant-1", table: "connectors", recordId: "c-1", field: "credentials" };
  const newVault = () =>
    new Vault({ keyProvider: LocalKeyring.parse(LocalKeyring.generate()), dataKeys: new MemoryDataKeyStore() });

  it("SEC-001 seals Laravel's value for its new place, where the vault opens it", async () => {
    const vault = newVault();
    const row = fixture("credentials of the cast encrypted:array");
    const sealed = await importLaravel(row.payload, optionsOf(row), vault, place);
    expect(await vault.open(sealed, place)).toEqual(row.value);
    await expect(vault.open(sealed, { ...place, tenantId: "tenant-2" })).rejects.toThrow();
  });

  it("rejects an altered value and seals nothing", async () => {
    const row = fixture("a string");
    const altered = alter(row.payload, { value: zeros(32) });
    const dataKeys = new MemoryDataKeyStore();
    const vault = new Vault({ keyProvider: LocalKeyring.parse(LocalKeyring.generate()), dataKeys });
    await expect(importLaravel(altered, optionsOf(row), vault, place)).rejects.toMatchObject({
      code: "SEALED_VALUE_UNREADABLE",
    });
    // The vault was never asked: it would have made the tenant's first data key.
    expect(await dataKeys.current(place.tenantId)).toBeUndefined();
  });
});
