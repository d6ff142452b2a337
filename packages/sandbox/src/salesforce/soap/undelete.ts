import { element, escapeXml } from "../../shared/xml/write-xml.js";
import { assertUnique } from "../data/record-input.js";
import { type SaveResult, saveOne, tellRolledBack } from "../data/save-result.js";
import { SalesforceError } from "../errors.js";
import { normalizeId } from "../ids.js";
import { findObjectOfId } from "../schema/schema.js";
import type { SalesforceState } from "../state.js";
import { SoapFault } from "./envelope.js";

const maximumRecords = 200;

/**
 * Brings records back from the recycle bin, with what went along when they were deleted.
 *
 * @returns The results as XML, in the order of the ids.
 * @throws {SoapFault} EXCEEDED_ID_LIMIT
 * @see https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_undelete.htm
 */
export function undelete(state: SalesforceState, ids: readonly string[], userId: string, allOrNone: boolean): string {
  if (ids.length > maximumRecords) {
    const message = `record limit reached. cannot submit more than ${maximumRecords} records into this call`;
    throw new SoapFault("EXCEEDED_ID_LIMIT", message);
  }
  const stands = (results: readonly SaveResult[]): boolean => !allOrNone || results.every(({ success }) => success);
  const work = (): SaveResult[] => ids.map((id) => saveOne(() => undeleteOne(state, id, userId)));
  const results = state.store.transaction(work, stands);
  return (stands(results) ? results : tellRolledBack(results, true)).map(writeResult).join("");
}

function undeleteOne(state: SalesforceState, given: string, userId: string): { id: string } {
  const id = normalizeId(given) ?? "";
  const object = findObjectOfId(id);
  if (object === undefined) throw new SalesforceError(400, "MALFORMED_ID", `malformed id ${given}`, []);
  const row = state.store.get(object, id);
  if (row?.IsDeleted !== true) {
    throw new SalesforceError(400, "UNDELETE_FAILED", "Entity is not in the recycle bin", []);
  }
  assertUnique(state.store, object, row, id);
  state.store.undelete(object, row, userId);
  return { id };
}

function writeResult({ id, success, errors }: SaveResult): string {
  const told = errors.map(({ statusCode, message, fields }) => {
    const names = fields.map((name) => element("fields", name)).join("");
    return element("errors", names + element("message", escapeXml(message)) + element("statusCode", statusCode));
  });
  const idElement = id === undefined ? element("id", "", { "xsi:nil": "true" }) : element("id", id);
  return element("result", told.join("") + idElement + element("success", String(success)));
}
