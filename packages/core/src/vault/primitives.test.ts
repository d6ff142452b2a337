import { describe, expect, it } from "vitest";
import { decryptAesGcm, encryptAesGcm, hkdfSha256 } from "./primitives.js";

const hex = (text: string) => Buffer.from(text, "hex");

const longKey = "feffe9928665731c6d6a8f9467308308".repeat(2);
const longIv = "cafebabefacedbaddecaf888";
const longPlaintext =
  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
const longData =
  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";

// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, the cases with AES-256 and 96-bit IVs.
const gcmCases = [
  {
    name: "13, nothing at all",
    key: "00".repeat(32),
    iv: "00".repeat(12),
    plaintext: "",
    additionalData: "",
    data: "",
    tag: "530f8afbc74536b9a963b4f1c4cb738b",
  },
  {
    name: "14, one block",
    key: "00".repeat(32),
    iv: "00".repeat(12),
    plaintext: "00".repeat(16),
    additionalData: "",
    data: "cea7403d4d606b6e074ec5d3baf39d18",
    tag: "d0d1c8a799996bf0265b98b5d48ab919",
  },
  {
    name: "15, four blocks",
    key: longKey,
    iv: longIv,
    plaintext: longPlaintext,
    additionalData: "",
    data: longData,
    tag: "b094dac5d93471bdec1a502270e3cc6c",
  },
  {
    name: "16, a part of a block and additional data",
    key: longKey,
    iv: longIv,
    plaintext: longPlaintext.slice(0, 120),
    additionalData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    data: longData.slice(0, 120),
    tag: "76fc6ece0f4e1768cddf8853bb2d551b",
  },
];

describe("encryptAesGcm and decryptAesGcm", () => {
  it.each(gcmCases)("give the known answer of McGrew and Viega's case $name", (known) => {
    const [key, iv, plaintext, additionalData] = [known.key, known.iv, known.plaintext, known.additionalData].map(
      hex,
    ) as [Buffer, Buffer, Buffer, Buffer];
    const { data, tag } = encryptAesGcm(key, iv, plaintext, additionalData);
    expect(data.toString("hex")).toBe(known.data);
    expect(tag.toString("hex")).toBe(known.tag);
    expect(decryptAesGcm(key, iv, data, tag, additionalData).toString("hex")).toBe(known.plaintext);
  });

  const key = Buffer.alloc(32, 7);
  const iv = Buffer.alloc(12, 9);
  const place = Buffer.from("place");
  const sealed = encryptAesGcm(key, iv, Buffer.from("a secret"), place);

  it.each([15, 12, 8, 4, 0])("refuse a tag cut to %i bytes, although its bytes are right", (length) => {
    expect(() => decryptAesGcm(key, iv, sealed.data, sealed.tag.subarray(0, length), place)).toThrow(/tag has/);
  });

  it.each([0, 8, 11, 13, 16])("refuse an initialisation vector of %i bytes", (length) => {
    const wrong = Buffer.alloc(length, 9);
    expect(() => encryptAesGcm(key, wrong, Buffer.from("a secret"), place)).toThrow(/vector has/);
    expect(() => decryptAesGcm(key, wrong, sealed.data, sealed.tag, place)).toThrow(/vector has/);
  });

  it("refuse another tag, another key and other additional data", () => {
    expect(() => decryptAesGcm(key, iv, sealed.data, Buffer.alloc(16), place)).toThrow();
    expect(() => decryptAesGcm(Buffer.alloc(32, 8), iv, sealed.data, sealed.tag, place)).toThrow();
    expect(() => decryptAesGcm(key, iv, sealed.data, sealed.tag, Buffer.from("elsewhere"))).toThrow();
  });
});

// RFC 5869, appendix A, the cases with SHA-256.
const hkdfCases = [
  {
    name: "A.1",
    key: "0b".repeat(22),
    salt: "000102030405060708090a0b0c",
    info: "f0f1f2f3f4f5f6f7f8f9",
    output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  },
  {
    name: "A.2",
    key: countUp(0x00, 80),
    salt: countUp(0x60, 80),
    info: countUp(0xb0, 80),
    output:
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
  },
  {
    name: "A.3",
    key: "0b".repeat(22),
    salt: "",
    info: "",
    output: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  },
];

function countUp(first: number, count: number): string {
  return Buffer.from(Array.from({ length: count }, (_, index) => first + index)).toString("hex");
}

describe("hkdfSha256", () => {
  it.each(hkdfCases)("gives the known answer of RFC 5869, $name", ({ key, salt, info, output }) => {
    expect(hkdfSha256(hex(key), hex(salt), hex(info), output.length / 2).toString("hex")).toBe(output);
  });
});
