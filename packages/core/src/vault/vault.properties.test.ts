import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryDataKeyStore } from "./data-key-store.js";
import { LocalKeyring } from "./local-keyring.js";
import { additionalDataOf, type SealContext, sealedValueAlgorithm } from "./sealed-value.js";
import { Vault } from "./vault.js";

const vault = new Vault({
  keyProvider: LocalKeyring.parse(LocalKeyring.generate()),
  dataKeys: new MemoryDataKeyStore(),
});

const text = fc.string({ minLength: 1, unit: "grapheme" });
const places = fc.record<SealContext>({
  tenantId: fc.constantFrom("tenant-1", "tenant-2"),
  table: text,
  recordId: text,
  field: text,
});
const parts = fc.constantFrom("salt", "iv", "data", "tag", "commitment");
const refused = { code: "SEALED_VALUE_UNREADABLE" };

describe("Vault, for any value and place", () => {
  it("opens what it sealed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), places, async (value, place) => {
        // JSON.stringify writes -0 as 0.
        const expected: unknown = JSON.parse(JSON.stringify(value));
        expect(await vault.open(await vault.seal(value, place), place)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("TEST-008 opens nothing with a flipped bit in it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), places, parts, fc.nat(), async (value, place, part, position) => {
        const sealed = await vault.seal(value, place);
        const bytes = Buffer.from(sealed[part], "base64url");
        const bit = position % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const altered = { ...sealed, [part]: bytes.toString("base64url") };
        await expect(vault.open(altered, place)).rejects.toMatchObject(refused);
      }),
      { numRuns: 300 },
    );
  });

  it("TEST-008 opens nothing of whose stored text any bit was flipped", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), places, fc.nat(), async (value, place, position) => {
        const bytes = Buffer.from(JSON.stringify(await vault.seal(value, place)));
        const bit = position % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await expect(vault.open(parseOrKeep(bytes.toString()), place)).rejects.toMatchObject(refused);
      }),
      { numRuns: 300 },
    );
  });

  it("TEST-008 opens nothing in another place", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), places, places, async (value, place, other) => {
        fc.pre(JSON.stringify(place) !== JSON.stringify(other));
        const sealed = await vault.seal(value, place);
        await expect(vault.open(sealed, other)).rejects.toMatchObject(refused);
      }),
      { numRuns: 300 },
    );
  });
});

describe("Vault.digest, for any value and place", () => {
  it("is recognised for the same value in the same place, and for no other", async () => {
    const values = fc.oneof(fc.jsonValue(), fc.constantFrom("", 0, 1, "1", null, [], {}, [1], ["1"]));
    await fc.assert(
      fc.asyncProperty(values, values, places, places, async (value, otherValue, place, other) => {
        const digest = await vault.digest(value, place);
        const sameValue = isSame(value, otherValue);
        expect(await vault.matchesDigest(digest, value, place)).toBe(true);
        expect(await vault.matchesDigest(digest, otherValue, place)).toBe(sameValue);
        if (place.tenantId !== other.tenantId) return;
        expect(await vault.matchesDigest(digest, value, other)).toBe(isSame(place, other));
      }),
      { numRuns: 300 },
    );
  });

  it("is not moved by the order in which properties were written", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(text, fc.jsonValue()), places, async (value, place) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(await vault.digest(reversed, place)).toBe(await vault.digest(value, place));
      }),
    );
  });
});

function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
}

function parseOrKeep(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

describe("additionalDataOf", () => {
  const header = { v: 1, alg: sealedValueAlgorithm, kid: "key-1" } as const;

  it("is canonical JSON: keys in order, no spaces, strings as ECMAScript writes them", () => {
    const place = { tenantId: "t", table: 'a"b', recordId: "\u0007\u20ac\u2028", field: "ö" };
    expect(additionalDataOf(header, place).toString("utf8")).toBe(
      '{"alg":"AES-256-GCM-HKDF-SHA256","field":"ö","kid":"key-1","record":"\\u0007€\u2028","table":"a\\"b","tenant":"t","v":1}',
    );
  });

  it("differs for different places", () => {
    fc.assert(
      fc.property(places, places, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(additionalDataOf(header, one).equals(additionalDataOf(header, other))).toBe(same);
      }),
    );
  });
});
