import { createCipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../runtime/index.js";
import { type Ciphertext, decrypt, deriveKeys, encrypt, NotAuthenticError } from "./committing-cipher.js";
import { decryptAesGcm, encryptAesGcm } from "./primitives.js";

const key = Buffer.alloc(32, 1);
const otherKey = Buffer.alloc(32, 2);
const place = Buffer.from("place");

function guardOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof NotAuthenticError) return error.guard;
    throw error;
  }
  return "opened";
}

describe("encrypt and decrypt", () => {
  it("give back the plaintext, from another salt and initialisation vector each time", () => {
    const first = encrypt(key, Buffer.from("a secret"), place, "value", systemRandom);
    const second = encrypt(key, Buffer.from("a secret"), place, "value", systemRandom);
    expect(decrypt(key, first, place, "value").toString()).toBe("a secret");
    expect(first.salt).not.toEqual(second.salt);
    expect(first.iv).not.toEqual(second.iv);
    expect(first.data).not.toEqual(second.data);
  });

  it("fail closed for every single flipped bit of every part", () => {
    const good = encrypt(key, Buffer.from("twenty bytes of text"), place, "value", systemRandom);
    const expected = { salt: "commitment", commitment: "commitment", iv: "tag", data: "tag", tag: "tag" } as const;
    for (const part of ["salt", "iv", "data", "tag", "commitment"] as const) {
      for (let bit = 0; bit < good[part].length * 8; bit++) {
        const altered: Ciphertext = { ...good, [part]: flipBit(good[part], bit) };
        expect(guardOf(() => decrypt(key, altered, place, "value"))).toBe(expected[part]);
      }
    }
  });

  it("refuse another key by the commitment, other additional data by the tag", () => {
    const good = encrypt(key, Buffer.from("a secret"), place, "value", systemRandom);
    expect(guardOf(() => decrypt(otherKey, good, place, "value"))).toBe("commitment");
    expect(guardOf(() => decrypt(key, good, place, "data-key"))).toBe("commitment");
    expect(guardOf(() => decrypt(key, good, Buffer.from("elsewhere"), "value"))).toBe("tag");
  });

  it("refuse parts of another length, truncated tags among them", () => {
    const good = encrypt(key, Buffer.from("a secret"), place, "value", systemRandom);
    for (const length of [12, 8, 4, 0]) {
      const altered = { ...good, tag: good.tag.subarray(0, length) };
      expect(guardOf(() => decrypt(key, altered, place, "value"))).toBe("tag");
    }
    expect(guardOf(() => decrypt(key, { ...good, iv: Buffer.alloc(16) }, place, "value"))).toBe("tag");
    const cut = { ...good, commitment: good.commitment.subarray(0, 31) };
    expect(guardOf(() => decrypt(key, cut, place, "value"))).toBe("commitment");
  });

  it("refuse a ciphertext made to open under two keys, which AES-GCM alone accepts under both", () => {
    const salt = Buffer.alloc(32, 3);
    const iv = Buffer.alloc(12, 4);
    const mine = deriveKeys(key, salt, "value");
    const theirs = deriveKeys(otherKey, salt, "value");
    const plaintext = Buffer.from("what the first of the keys reads, two blocks and");
    const { data, tag } = makeSalamander(mine.messageKey, theirs.messageKey, iv, plaintext, place);

    // The attack is real: both keys read something from the very same ciphertext and tag.
    const read = decryptAesGcm(mine.messageKey, iv, data, tag, place);
    expect(read.subarray(0, plaintext.length).toString()).toBe(plaintext.toString());
    expect(decryptAesGcm(theirs.messageKey, iv, data, tag, place)).not.toEqual(read);

    const crafted: Ciphertext = { salt, iv, data, tag, commitment: mine.commitment };
    expect(decrypt(key, crafted, place, "value")).toEqual(read);
    expect(guardOf(() => decrypt(otherKey, crafted, place, "value"))).toBe("commitment");
    expect(guardOf(() => decrypt(key, { ...crafted, commitment: theirs.commitment }, place, "value"))).toBe(
      "commitment",
    );
  });
});

function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

/**
 * One ciphertext and tag that AES-GCM accepts under two keys. A tag is GHASH of additional data and ciphertext, plus one
 * encrypted counter block, and GHASH is linear in each block of ciphertext: with one block X left free, "the tags are
 * equal" is a linear equation of GF(2^128) for X. (Grubbs, Lu, Ristenpart, https://eprint.iacr.org/2017/664, section 5)
 */
function makeSalamander(firstKey: Buffer, secondKey: Buffer, iv: Buffer, plaintext: Buffer, additionalData: Buffer) {
  expect(plaintext.length % 16).toBe(0);
  const fixed = encryptAesGcm(firstKey, iv, plaintext, additionalData).data;
  const zeroX = Buffer.concat([fixed, Buffer.alloc(16)]);
  const [first, second] = [firstKey, secondKey].map((key) => {
    const h = toField(encryptBlock(key, Buffer.alloc(16)));
    const mask = toField(encryptBlock(key, Buffer.concat([iv, Buffer.from([0, 0, 0, 1])])));
    // X is the last block before the lengths, so it is multiplied by H twice.
    return { tagWithoutX: ghash(h, additionalData, zeroX) ^ mask, factor: multiply(h, h) };
  }) as [{ tagWithoutX: bigint; factor: bigint }, { tagWithoutX: bigint; factor: bigint }];
  const x = multiply(first.tagWithoutX ^ second.tagWithoutX, invert(first.factor ^ second.factor));
  const data = Buffer.concat([fixed, fromField(x)]);
  return { data, tag: fromField(first.tagWithoutX ^ multiply(first.factor, x)) };
}

function encryptBlock(key: Buffer, block: Buffer): Buffer {
  return createCipheriv("aes-256-ecb", key, null).update(block);
}

function ghash(h: bigint, additionalData: Buffer, data: Buffer): bigint {
  const lengths = Buffer.alloc(16);
  lengths.writeBigUInt64BE(BigInt(additionalData.length * 8), 0);
  lengths.writeBigUInt64BE(BigInt(data.length * 8), 8);
  let sum = 0n;
  for (const part of [additionalData, data, lengths]) {
    for (let start = 0; start < part.length; start += 16) {
      const block = Buffer.alloc(16);
      part.copy(block, 0, start);
      sum = multiply(sum ^ toField(block), h);
    }
  }
  return sum;
}

/** Multiplication in GCM's field, where the first bit of a block is the lowest coefficient. NIST SP 800-38D, 6.3. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((a >> bit) & 1n) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ (0xe1n << 120n) : shifted >> 1n;
  }
  return product;
}

/** a^(2^128 - 2) is the inverse of a. */
function invert(a: bigint): bigint {
  let result = 1n << 127n;
  let square = a;
  for (let bit = 1; bit < 128; bit++) {
    square = multiply(square, square);
    result = multiply(result, square);
  }
  return result;
}

function toField(block: Buffer): bigint {
  return BigInt(`0x${block.toString("hex")}`);
}

function fromField(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(32, "0"), "hex");
}
