import { ConnectorError } from "@isthmus/core";
import type { CallOptions, SalesforceApi } from "../api.js";
import { assertRecordId } from "../names.js";
import type { SalesforceRecord } from "../records.js";

/** Ids of one reading request. */
export const retrieveSize = 2_000;

/** @throws {ValidationError} unless it is an id. All of a request are of one object, so that they make one chunk. */
export function toIdRow(id: string): { readonly type: string; readonly id: string } {
  assertRecordId(id);
  return { type: "id", id };
}

/** One reading request. By POST, which has room for the ids. */
export async function readPart(
  api: SalesforceApi,
  sobject: string,
  part: readonly { readonly id: string }[],
  fields: readonly string[],
  options: CallOptions,
): Promise<readonly (SalesforceRecord | null)[]> {
  const response = await api.send({
    ...options,
    name: "collections.retrieve",
    method: "POST",
    path: `${api.dataPath}/composite/sobjects/${sobject}`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ids: part.map(({ id }) => id), fields }),
    idempotent: true,
  });
  const records = response.json();
  if (Array.isArray(records) && records.length === part.length && records.every(isRecord)) return records;
  throw new ConnectorError(
    "UNEXPECTED_RESPONSE",
    "Salesforce answered collections.retrieve with something that is not a record, or null, for each id.",
    { vendor: { status: response.status } },
  );
}

function isRecord(value: unknown): value is SalesforceRecord | null {
  return typeof value === "object" && !Array.isArray(value);
}
