import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { AccessToken } from "../../shared/grant-store.js";
import { person } from "./person.js";

/** Intuit's issuer. Clients compare it to the letter, so the sandbox cannot name itself. */
export const issuer = "https://oauth.platform.intuit.com/op/v1";

const keyId = "sandbox-key-1";

/** Signs id tokens (RS256) with a key of its own, made when it is first needed. */
export class IdTokenSigner {
  #keys: { privateKey: KeyObject; publicKey: KeyObject } | undefined;

  /** An id token for the person who stands behind an access token. */
  sign(token: AccessToken): string {
    const issuedAt = Math.floor(token.issuedAt / 1000);
    const claims = {
      sub: person.sub,
      aud: [token.clientId],
      realmid: token.userId,
      auth_time: issuedAt,
      iss: issuer,
      iat: issuedAt,
      exp: Math.floor(token.expiresAt / 1000),
      // The left half of the access token's hash. https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken
      at_hash: createHash("sha256").update(token.token).digest().subarray(0, 16).toString("base64url"),
    };
    const head = [{ kid: keyId, alg: "RS256" }, claims].map((part) => encode(part)).join(".");
    return `${head}.${sign("sha256", Buffer.from(head), this.#pair().privateKey).toString("base64url")}`;
  }

  /** The public key as a JSON Web Key Set. */
  keySet(): { keys: Record<string, unknown>[] } {
    return { keys: [{ ...this.#pair().publicKey.export({ format: "jwk" }), kid: keyId, use: "sig", alg: "RS256" }] };
  }

  #pair(): { privateKey: KeyObject; publicKey: KeyObject } {
    this.#keys ??= generateKeyPairSync("rsa", { modulusLength: 2048 });
    return this.#keys;
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
