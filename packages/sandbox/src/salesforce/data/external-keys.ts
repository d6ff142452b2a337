import { SalesforceError } from "../errors.js";
import type { FieldDefinition, Row } from "../schema/definitions.js";

/** The failure of a value that several records have. */
export function ambiguousKey(field: FieldDefinition, rows: readonly Row[]): SalesforceError {
  const ids = rows.map((row) => String(row.Id)).join(", ");
  const message = `${field.label}: more than one record found for external id field: [${ids}]`;
  return new SalesforceError(400, "DUPLICATE_EXTERNAL_ID", message, [field.name]);
}
