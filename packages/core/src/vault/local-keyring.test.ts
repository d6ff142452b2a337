import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { isConnectorError } from "../errors/index.js";
import { LocalKeyring } from "./local-keyring.js";

const first = Buffer.alloc(32, 0xa1).toString("base64");
const second = Buffer.alloc(32, 0xb2).toString("base64");
const context = { tenantId: "tenant-1", dataKeyId: "key-1" };
const dataKey = Buffer.alloc(32, 5);

function problemOf(text: string): string {
  try {
    LocalKeyring.parse(text);
  } catch (error) {
    if (isConnectorError(error) && error.code === "KEY_INVALID") return error.message;
    throw error;
  }
  return "accepted";
}

describe("LocalKeyring.parse", () => {
  it("seals with the first key and keeps the others for opening", () => {
    const keyring = LocalKeyring.parse(` k2:${second} ,\n k1:${first},`);
    expect(keyring.currentKeyId).toBe("k2");
    expect(keyring.keyIds).toEqual(["k2", "k1"]);
  });

  it("reads base64 and base64url, padded or not", () => {
    const bytes = Buffer.alloc(32, 0xff);
    for (const text of [bytes.toString("base64"), bytes.toString("base64url"), `${bytes.toString("base64url")}=`]) {
      expect(LocalKeyring.parse(`k1:${text}`).currentKeyId).toBe("k1");
    }
  });

  it.each([
    ["an empty text", " ", /keyring is empty/],
    ["a missing key", "k1:", /"k1" is empty/],
    ["an empty entry", `k1:${first},,k2:${second}`, /Entry 2 .* is empty/],
    ["a key without id", first, /Entry 1 .* no id/],
    ["a bad id", `k 1:${first}`, /id of entry 1/],
    ["an id that is a key", `${Buffer.alloc(32, 0xa1).toString("base64url")}:k1`, /id of entry 1/],
    ["something else than base64", "k1:not base64!", /"k1" is not base64/],
    ["base64 with stray bits", `k1:${first.slice(0, 42)}B=`, /"k1" is not base64/],
    ["a short key", `k1:${Buffer.alloc(16, 0xa1).toString("base64")}`, /"k1" has 16 bytes/],
    ["a long key", `k1:${Buffer.alloc(48, 0xa1).toString("base64")}`, /"k1" has 48 bytes/],
    ["a duplicate id", `k1:${first},k1:${second}`, /"k1" stands .* twice/],
    ["the same key under two ids", `k1:${first},k2:${first}`, /"k1" and "k2" are the same/],
  ])("refuses %s, says how to make a good key and shows no material", (_, text, problem) => {
    const message = problemOf(text);
    expect(message).toMatch(problem);
    expect(message).toMatch(/Make a key with: node/);
    expect(message).not.toContain(first.slice(0, 12));
    expect(message).not.toContain(Buffer.alloc(12, 0xa1).toString("base64url"));
    expect(message).not.toContain("not base64!");
  });

  it("reads what generate made, and each is another", () => {
    const text = LocalKeyring.generate("k7");
    expect(LocalKeyring.parse(text).currentKeyId).toBe("k7");
    expect(LocalKeyring.generate("k7")).not.toBe(text);
  });

  it("shows no material when it is printed", () => {
    const keyring = LocalKeyring.parse(`k1:${first}`);
    expect(`${inspect(keyring, { showHidden: true, depth: 9 })}${JSON.stringify(keyring)}`).not.toMatch(
      /a1a1|oaGh|161/i,
    );
  });
});

describe("LocalKeyring", () => {
  it("knows what a rotation may leave alone: only what its first key wraps", async () => {
    const wrapped = await LocalKeyring.parse(`k1:${first}`).wrap(dataKey, context);
    expect(LocalKeyring.parse(`k1:${first},k2:${second}`).isCurrent(wrapped)).toBe(true);
    expect(LocalKeyring.parse(`k2:${second},k1:${first}`).isCurrent(wrapped)).toBe(false);
    expect(LocalKeyring.parse(`k1:${first}`).isCurrent({ ...wrapped, provider: "transit" })).toBe(false);
  });

  it("unwraps what it wrapped, also after another key took the lead", async () => {
    const wrapped = await LocalKeyring.parse(`k1:${first}`).wrap(dataKey, context);
    expect(wrapped).toMatchObject({ provider: "local", keyEncryptionKeyId: "k1" });
    expect(await LocalKeyring.parse(`k2:${second},k1:${first}`).unwrap(wrapped, context)).toEqual(dataKey);
  });

  it("names the key that is missing", async () => {
    const wrapped = await LocalKeyring.parse(`k1:${first}`).wrap(dataKey, context);
    const error = await LocalKeyring.parse(`k2:${second}`)
      .unwrap(wrapped, context)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "SEALED_VALUE_UNREADABLE", retryable: false });
    expect(String(error)).toMatch(/key "k1".*it holds k2/);
  });

  it("refuses a data key that was moved to another tenant or id, wrapped by another key of that id, or by another provider", async () => {
    const keyring = LocalKeyring.parse(`k1:${first}`);
    const wrapped = await keyring.wrap(dataKey, context);
    const refused = { code: "SEALED_VALUE_UNREADABLE" };
    await expect(keyring.unwrap(wrapped, { ...context, tenantId: "tenant-2" })).rejects.toMatchObject(refused);
    await expect(keyring.unwrap(wrapped, { ...context, dataKeyId: "key-2" })).rejects.toMatchObject(refused);
    await expect(LocalKeyring.parse(`k1:${second}`).unwrap(wrapped, context)).rejects.toMatchObject(refused);
    await expect(keyring.unwrap({ ...wrapped, provider: "elsewhere" }, context)).rejects.toMatchObject(refused);
    const both = LocalKeyring.parse(`k1:${first},k2:${second}`);
    await expect(both.unwrap({ ...wrapped, keyEncryptionKeyId: "k2" }, context)).rejects.toMatchObject(refused);
  });

  it("refuses a wrapped key with any bit flipped or any byte cut off", async () => {
    const keyring = LocalKeyring.parse(`k1:${first}`);
    const wrapped = await keyring.wrap(dataKey, context);
    const bytes = Buffer.from(wrapped.ciphertext, "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Buffer.from(bytes);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const attempt = keyring.unwrap({ ...wrapped, ciphertext: altered.toString("base64url") }, context);
      await expect(attempt).rejects.toMatchObject({ code: "SEALED_VALUE_UNREADABLE" });
    }
    for (const length of [0, 31, 43, 75, 91, 92, bytes.length - 1]) {
      const attempt = keyring.unwrap(
        { ...wrapped, ciphertext: bytes.subarray(0, length).toString("base64url") },
        context,
      );
      await expect(attempt).rejects.toMatchObject({ code: "SEALED_VALUE_UNREADABLE" });
    }
  });
});
