import { ValidationError } from "@isthmus/core";

const name = "[A-Za-z][A-Za-z0-9_]{0,254}";

/** Name of an object, such as `Account` or `acme__Invoice__c`. It becomes part of a path. */
export const sobjectPattern = new RegExp(`^${name}$`);

/** Name of a field, or a path of relationships that ends in one, such as `Owner.Name`. */
export const fieldPattern = new RegExp(`^${name}(\\.${name}){0,5}$`);

/** A record's id: 15 characters, or 18 with the check characters. */
export const recordIdPattern = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/;

/**
 * A path of the REST API that Salesforce gave for a further page. It is followed as it is, with the token: so it is no whole
 * address, which could lead to another host, and has no step `..`, plain or encoded, that leads out of the API.
 */
export const dataPathPattern = /^\/services\/data\/(?!(?:[^?]*\/)?(?:\.|%2[eE]){1,2}(?:[/?]|$))[^\s\\#]+$/;

/** @throws {ValidationError} unless `value` is the name of an object. */
export function assertSobjectName(value: string): void {
  if (sobjectPattern.test(value)) return;
  throw new ValidationError("An object's name is letters, digits and underscores, such as Account or Invoice__c.", [
    { path: "sobject", message: "must be the API name of an object" },
  ]);
}

/** @throws {ValidationError} unless `value` is the name of a field. */
export function assertFieldName(value: string): void {
  if (fieldPattern.test(value)) return;
  throw new ValidationError("A field's name is letters, digits, underscores and dots, such as Name or Owner.Name.", [
    { path: "field", message: "must be the API name of a field" },
  ]);
}

/** @throws {ValidationError} unless `value` looks like a record's id. */
export function assertRecordId(value: string): void {
  if (recordIdPattern.test(value)) return;
  throw new ValidationError("A record's id is 15 or 18 letters and digits.", [
    { path: "id", message: "must be 15 or 18 letters and digits" },
  ]);
}

/**
 * An external id as a step of a path: every character that means something there is encoded.
 *
 * @throws {ValidationError} for an empty one, for `.` and `..`, which stay steps of a path however they are encoded, and
 *   for text with half a surrogate pair, which has no encoding.
 */
export function encodeExternalId(value: string): string {
  if (value === "" || value === "." || value === ".." || !value.isWellFormed()) {
    throw new ValidationError('An external id in a path cannot be empty, ".", ".." or broken Unicode.', [
      { path: "externalId", message: "cannot be addressed by a path" },
    ]);
  }
  return encodeURIComponent(value);
}
