import { NotFoundError } from "@isthmus/core";
import { DatabaseError, UniqueViolationError } from "./errors.js";
import { toUnavailable, unwrap } from "./unavailable.js";

/**
 * The one place where what Prisma and the drivers throw becomes an error of ours.
 *
 * @returns `DATABASE_UNAVAILABLE`, a `CONFLICT` with the fields of a unique violation, `NOT_FOUND` for a reference to a
 *   row that is not there (or is another tenant's), or `error` itself when it is none of these: a defect.
 */
export function mapDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseError) return error;
  const layers = unwrap(error);
  const kinds = new Set(layers.map((layer) => Reflect.get(layer, "kind")));
  const codes = new Set(layers.map((layer) => Reflect.get(layer, "originalCode") ?? Reflect.get(layer, "code")));
  if (kinds.has("UniqueConstraintViolation") || codes.has("23505")) return new UniqueViolationError(readFields(layers));
  if (kinds.has("ForeignKeyConstraintViolation") || codes.has("23503")) {
    return new NotFoundError("A record that this one refers to does not exist.");
  }
  return toUnavailable(error) ?? error;
}

// Under row-level security PostgreSQL leaves the columns out of the error and names only the index: adapter-pg hands that
// on as `constraint.index`, PGlite's adapter only inside the message.
function readFields(layers: readonly object[]): readonly string[] {
  for (const layer of layers) {
    const constraint: unknown = Reflect.get(layer, "constraint");
    const named: unknown =
      typeof constraint === "object" && constraint !== null ? Reflect.get(constraint, "index") : null;
    const message: unknown = Reflect.get(layer, "originalMessage");
    const index =
      typeof named === "string" ? named : typeof message === "string" ? /"(\w+)"$/.exec(message)?.[1] : undefined;
    if (index !== undefined) return fieldsOfIndex[index] ?? [];
  }
  return [];
}

// Only what a caller can get wrong; the rest answers CONFLICT without a field.
const fieldsOfIndex: Readonly<Record<string, readonly string[]>> = {
  connectors_tenant_id_connector_code_key: ["connectorCode"],
  users_tenant_id_email_key: ["email"],
  users_tenant_id_identity_issuer_identity_subject_key: ["identity"],
  identity_providers_tenant_id_issuer_key: ["issuer"],
};
