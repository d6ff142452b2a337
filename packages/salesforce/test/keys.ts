import { generateKeyPairSync } from "node:crypto";

/** A key pair in PEM. */
export interface TestKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** An app's key, made for one run of the tests. */
export const appKey: TestKey = createKey();

/** A key that no app knows. */
export const otherKey: TestKey = createKey();

function createKey(): TestKey {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}
