import { z } from "zod";
import { ConnectorError, ValidationError } from "../errors/index.js";
import { base64UrlBytes, base64UrlOf } from "./base64.js";
import { commitmentLength, saltLength } from "./committing-cipher.js";
import { ivLength, tagLength } from "./primitives.js";

/** The one algorithm of version 1: AES-256-GCM, message key and commitment derived by HKDF-SHA256. */
export const sealedValueAlgorithm = "AES-256-GCM-HKDF-SHA256";

/** What the id of a data key looks like; a value sealed under another would not be read again. */
export const dataKeyIdPattern = /^[\w.:-]{1,100}$/;

/**
 * A sealed value as it is stored, in version 1. Strict: an unknown version, algorithm or property, another length and a
 * second spelling of the same bytes are all refused.
 */
export const sealedValueSchema = z.strictObject({
  /** Version of the format. */
  v: z.literal(1),
  alg: z.literal(sealedValueAlgorithm),
  /** Id of the tenant's data key that sealed it. */
  kid: z.string().regex(dataKeyIdPattern),
  /** 32 bytes, base64url like all that follow. */
  salt: base64UrlOf(saltLength),
  /** 12 bytes. */
  iv: base64UrlOf(ivLength),
  data: base64UrlBytes,
  /** 16 bytes. */
  tag: base64UrlOf(tagLength),
  /** 32 bytes that fit one key only. */
  commitment: base64UrlOf(commitmentLength),
});

/** A sealed value as it is stored: see {@link sealedValueSchema}. */
export type SealedValue = z.infer<typeof sealedValueSchema>;

/**
 * Where a sealed value lives. It opens there and nowhere else; names are compared byte for byte. An older value of the
 * same place opens as well: whoever can write to the database can put one back.
 */
export interface SealContext {
  readonly tenantId: string;
  /** Table, or whatever the caller's storage calls it. */
  readonly table: string;
  readonly recordId: string;
  /** Column. */
  readonly field: string;
}

/** @throws {ValidationError} when a part of the place is empty or no well-formed text. */
export function assertPlace(context: SealContext): void {
  for (const part of ["tenantId", "table", "recordId", "field"] as const) {
    if (context[part] === "" || !context[part].isWellFormed()) {
      throw new ValidationError(`A sealed value needs a place: ${part} is empty or not well-formed text.`);
    }
  }
}

/**
 * Additional authenticated data: the canonical JSON (RFC 8785) of header and place. With one flat object of known keys,
 * strings and the number 1, that is `JSON.stringify` over keys in alphabetical order: RFC 8785 takes its form of strings
 * and numbers from ECMAScript. Lone surrogates, which it forbids, are refused.
 *
 * @throws {ValidationError} when a part of the place is empty or no well-formed text.
 */
export function additionalDataOf(header: Pick<SealedValue, "v" | "alg" | "kid">, context: SealContext): Buffer {
  assertPlace(context);
  const canonical = JSON.stringify({
    alg: header.alg,
    field: context.field,
    kid: header.kid,
    record: context.recordId,
    table: context.table,
    tenant: context.tenantId,
    v: header.v,
  });
  return Buffer.from(canonical, "utf8");
}

/**
 * Parses what the storage gave.
 *
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` that names the first property that does not fit.
 */
export function parseSealedValue(stored: unknown, context: SealContext): SealedValue {
  const result = sealedValueSchema.safeParse(stored, { reportInput: false });
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.map(String).join(".");
  throw new ConnectorError(
    "SEALED_VALUE_UNREADABLE",
    `What is stored in ${context.table}.${context.field} is not a sealed value that this release can read${path ? ` (see ${path})` : ""}. It was altered, cut, or written by a newer release.`,
  );
}
