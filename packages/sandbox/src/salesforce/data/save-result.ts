import { SalesforceError } from "../errors.js";

/** Why one of many records was not saved; Salesforce calls the code `statusCode` here. */
export interface SaveFault {
  statusCode: string;
  message: string;
  fields: string[];
}

/** What became of one of many records. `id` is missing where there is none; only an upsert tells `created`. */
export interface SaveResult {
  id?: string;
  success: boolean;
  errors: SaveFault[];
  created?: boolean;
}

/** A failure in the words of a result list. */
export function toSaveFault(error: SalesforceError): SaveFault {
  return { statusCode: error.errorCode, message: error.message, fields: error.fields ?? [] };
}

/** What one record's work comes to; a `SalesforceError` becomes its failure, anything else is thrown. */
export function saveOne(work: () => { id: string; created?: boolean }): SaveResult {
  try {
    const { id, created } = work();
    return { id, success: true, errors: [], ...(created !== undefined && { created }) };
  } catch (error) {
    if (error instanceof SalesforceError) return { success: false, errors: [toSaveFault(error)] };
    throw error;
  }
}

const rolledBack: SaveFault = {
  statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK",
  message: "Record rolled back because not all records were valid and the request was using AllOrNone header",
  fields: [],
};

/**
 * The results after everything was taken back because one record failed.
 *
 * @param keepIds - Whether the records exist all the same (they were to be changed or deleted, not made).
 */
export function tellRolledBack(results: readonly SaveResult[], keepIds: boolean): SaveResult[] {
  return results.map((result) => {
    if (!result.success) return result;
    const { id, created } = result;
    const kept = keepIds && created !== true && id !== undefined ? { id } : {};
    return { ...kept, success: false, errors: [rolledBack], ...(created !== undefined && { created: false }) };
  });
}
