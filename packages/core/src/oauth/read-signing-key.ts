import { createPrivateKey, type KeyObject } from "node:crypto";
import { ValidationError } from "../errors/index.js";

/**
 * The key that an assertion is signed with.
 *
 * @param field - The credential that it is, for the complaint.
 * @throws {ValidationError} when it cannot be read or is of another kind; never with a part of it.
 */
export function readSigningKey(pem: string, type: "rsa" | "ec", field: "privateKey" | "signingKey"): KeyObject {
  const refuse = (message: string) => new ValidationError(`The ${field} ${message}.`, [{ path: field, message }]);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw refuse("cannot be read: give it in PEM, not encrypted"); // The library's own words may quote the key.
  }
  if (key.asymmetricKeyType !== type) throw refuse(`is not of the kind that the algorithm signs with (${type})`);
  return key;
}
