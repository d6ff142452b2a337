import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { hkdfSha256, keyLength } from "./primitives.js";

// What RFC 8410, section 7 puts before the 32 bytes of a private key in PKCS #8; Node takes no raw ones.
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
const noSalt = new Uint8Array();

/** What a signing key may be for: one purpose's key says nothing of another's. */
export type SigningPurpose = "audit";

/** Signs with an Ed25519 key that is derived from a tenant's data key: see `Vault.signer`. */
export class Signer {
  /** Id of the data key that the signing key is derived from. */
  readonly keyId: string;
  /** The 32 bytes of the public key, base64url: `x` of a JSON Web Key. No secret. */
  readonly publicKey: string;
  readonly #key: KeyObject;

  constructor(keyId: string, key: KeyObject) {
    this.keyId = keyId;
    this.#key = key;
    this.publicKey = createPublicKey(key).export({ format: "jwk" }).x ?? "";
  }

  /** The Ed25519 signature of a text's UTF-8 bytes, base64url. */
  sign(text: string): string {
    return sign(null, Buffer.from(text, "utf8"), this.#key).toString("base64url");
  }
}

/** The signing key of a data key for one purpose: the same each time. */
export function deriveSigner(dataKey: Uint8Array, keyId: string, purpose: SigningPurpose): Signer {
  const seed = hkdfSha256(dataKey, noSalt, `isthmus/vault/v1/signing/${purpose}`, keyLength);
  const pkcs8 = Buffer.concat([pkcs8Prefix, seed]);
  try {
    return new Signer(keyId, createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
  } finally {
    seed.fill(0);
    pkcs8.fill(0);
  }
}
