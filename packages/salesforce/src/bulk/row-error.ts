import type { ConnectorError } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import { itemFailure } from "../item-failure.js";
import { fieldPattern } from "../names.js";

/**
 * Why Salesforce refused a row, or a job as a whole: `CODE:message:fields --`, where the message may hold colons. It means
 * what the same code means in the answer to a single call.
 *
 * @param name - What was refused, for the message.
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_failed_results.htm
 */
export function readRowError(api: Pick<SalesforceApi, "mapFailure">, text: string, name: string): ConnectorError {
  const { code, message, fields } = splitRowError(text);
  return itemFailure(api, [{ errorCode: code, message, fields }], { method: "POST", idempotent: true, name });
}

interface RowError {
  readonly code?: string;
  readonly message: string;
  readonly fields: readonly string[];
}

function splitRowError(text: string): RowError {
  // `InvalidBatch : Field name not found : Foo__c` is how a job as a whole is refused.
  const [, code, rest = ""] = /^\s*([A-Za-z]\w{1,79})\s*:([\s\S]*)$/.exec(text) ?? [];
  if (code === undefined) return { message: text, fields: [] };
  const told = rest.replace(/\s*--\s*$/, "").trim();
  const colon = told.lastIndexOf(":");
  const names = colon === -1 ? [] : told.slice(colon + 1).split(",");
  const fields = names.map((name) => name.trim()).filter((name) => name !== "");
  const isFieldList = colon !== -1 && told !== rest.trim() && fields.every((name) => fieldPattern.test(name));
  return isFieldList ? { code, message: told.slice(0, colon), fields } : { code, message: told, fields: [] };
}
