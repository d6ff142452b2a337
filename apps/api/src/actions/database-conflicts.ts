import { ConflictError } from "@isthmus/core";
import { StaleVersionError, UniqueViolationError } from "../database/index.js";
import { ApiError } from "../errors/index.js";

/** What the caller calls the columns that can collide. */
const names: Readonly<Record<string, string>> = {
  connectorCode: "code",
  email: "email",
  identity: "identity",
  issuer: "issuer",
};

/**
 * Runs a change and says what a collision means in the words of the API.
 *
 * @throws {ConflictError} that names the field whose value is taken.
 * @throws {ApiError} `PRECONDITION_FAILED` when the record has changed since the version that the caller named.
 */
export async function withConflicts<Result>(change: () => Promise<Result>): Promise<Result> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof StaleVersionError) throw new ApiError("PRECONDITION_FAILED", error.message, { cause: error });
    if (!(error instanceof UniqueViolationError)) throw error;
    const fields = error.fields.map((field) => names[field] ?? field).join(" and ");
    throw new ConflictError(`Another record already has this ${fields || "value"}. Choose another.`, { cause: error });
  }
}
