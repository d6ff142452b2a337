import { ConnectorError, escapeXml } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import type { FailedRequest } from "../errors.js";
import { itemFailure } from "../item-failure.js";

/**
 * Takes one record out of the recycle bin. REST has no such call.
 *
 * @returns Why it was not taken out; `undefined` when it was.
 * @throws {ConnectorError} when the request failed as a whole.
 * @see https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_undelete.htm
 */
export async function undelete(
  api: SalesforceApi,
  id: string,
  signal: AbortSignal | undefined,
): Promise<ConnectorError | undefined> {
  const request = { name: "records.undelete", method: "POST", idempotent: true } as const;
  const content = `<urn:undelete><urn:ids>${escapeXml(id)}</urn:ids></urn:undelete>`;
  const response = await api.callSoap({ ...request, content, ...(signal && { signal }) });
  if (response.status !== 200) throw api.mapFailure(response, { ...request, path: "" });
  return readResult(api, response.text(), request);
}

/** XML is looked into by pattern: three values are wanted, and a parser for them would be another risk. */
function readResult(api: SalesforceApi, text: string, request: FailedRequest): ConnectorError | undefined {
  const success = /<undeleteResponse[\s>][\s\S]*?<success>(true|false)<\/success>/.exec(text)?.[1];
  if (success === "true") return undefined;
  if (success === undefined) {
    const message = "Salesforce answered records.undelete with something that is not its result.";
    throw new ConnectorError("UNEXPECTED_RESPONSE", message, { vendor: { status: 200 } });
  }
  const value = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  return itemFailure(api, { statusCode: value("statusCode"), message: value("message") }, request);
}
