import type { EntityDefinition } from "./data/entities.js";
import type { JsonObject, QuickbooksRecord } from "./data/records.js";
import type { Company, QuickbooksState } from "./state.js";

/** A record as the API shows it: attachments get their addresses, which depend on where the sandbox listens. */
export function renderRecord(
  state: QuickbooksState,
  company: Company,
  definition: EntityDefinition,
  record: QuickbooksRecord,
): JsonObject {
  if (definition.name !== "Attachable" || company.files.get(record.Id) === undefined) return record;
  return {
    ...record,
    FileAccessUri: `/v3/company/${company.realmId}/download/${record.Id}`,
    TempDownloadUri: temporaryDownloadUrl(state, company, record.Id),
  };
}

/** Where the content of an attachment can be fetched without a token. At Intuit it ends after fifteen minutes; here it does not. */
export function temporaryDownloadUrl(state: QuickbooksState, company: Company, id: string): string {
  return `${state.baseUrl()}/attachments/${company.realmId}/${id}`;
}
