import { ConnectorError, ValidationError } from "@isthmus/core";
import type { CallOptions, SalesforceApi } from "./api.js";
import { isRecord, type SalesforceRecord } from "./records.js";

/** GET `/search?q=` */
export async function runSearch(
  api: SalesforceApi,
  sosl: string,
  options: CallOptions,
): Promise<readonly SalesforceRecord[]> {
  if (!sosl.isWellFormed()) {
    throw new ValidationError("The search is not well-formed Unicode.", [{ path: "sosl", message: "must be text" }]);
  }
  const path = `${api.dataPath}/search?q=${encodeURIComponent(sosl)}`;
  const response = await api.send({ ...options, name: "search", method: "GET", path });
  const body = response.json();
  const found: unknown = isRecord(body) ? body.searchRecords : undefined;
  if (Array.isArray(found) && found.every(isRecord)) return found;
  throw new ConnectorError(
    "UNEXPECTED_RESPONSE",
    "Salesforce answered a search with something that is no list of records.",
    {
      vendor: { status: response.status },
    },
  );
}
