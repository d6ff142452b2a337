import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { findChild, InvalidXmlError, readXml, type XmlElement } from "../../shared/xml/read-xml.js";
import { element } from "../../shared/xml/write-xml.js";
import { newestVersion, oldestVersion } from "../api-versions.js";
import { SalesforceError } from "../errors.js";
import { admitCall } from "../limits/admission.js";
import type { SalesforceState } from "../state.js";
import { envelope, faultOf, SoapFault } from "./envelope.js";
import { soapOperations } from "./operations.js";

const namespace = "urn:partner.soap.sforce.com";

/**
 * Adds the SOAP API for partners, with the calls that REST does not have: `undelete`, `getServerTimestamp`, `getUserInfo`.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_quickstart_intro.htm
 */
export function addSoapApi(app: FastifyInstance, state: SalesforceState): void {
  void app.register(async (soap) => {
    soap.removeAllContentTypeParsers();
    soap.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
    soap.setErrorHandler((error, _request, reply) => sendXml(reply, 500, faultOf(error)));
    // Below the version some clients write the organisation's id.
    for (const url of ["/services/Soap/u/:version", "/services/Soap/u/:version/:organization"]) {
      soap.post<{ Params: { version: string } }>(url, async (request, reply) => {
        return sendXml(reply, 200, answerCall(request, state));
      });
    }
  });
}

function answerCall(request: FastifyRequest<{ Params: { version: string } }>, state: SalesforceState): string {
  assertVersion(request.params.version);
  const root = readEnvelope(typeof request.body === "string" ? request.body : "");
  const header = findChild(root, "Header");
  const [operation] = findChild(root, "Body")?.children ?? [];
  const run = soapOperations[operation?.name ?? ""];
  if (operation === undefined || operation.namespace !== namespace || run === undefined) {
    const name = `{${operation?.namespace ?? ""}}${operation?.name ?? ""}`;
    throw new SoapFault("soapenv:Client", `No operation available for request ${name}`);
  }
  const userId = findUser(header, state);
  try {
    admitCall(state);
  } catch (error) {
    if (error instanceof SalesforceError) throw new SoapFault(error.errorCode, error.message);
    throw error;
  }
  return envelope(run({ state, userId, header, operation }), limitInfoHeader(state));
}

/** https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_header_limitinfo.htm */
function limitInfoHeader(state: SalesforceState): string {
  const current = element("current", String(state.apiUsage.used));
  const limit = element("limit", String(state.settings.dailyApiRequests));
  return element("LimitInfoHeader", element("limitInfo", current + limit + element("type", "API REQUESTS")));
}

function readEnvelope(text: string): XmlElement {
  try {
    return readXml(text);
  } catch (error) {
    if (error instanceof InvalidXmlError) throw new SoapFault("soapenv:Client", `Unable to parse: ${error.message}`);
    throw error;
  }
}

function assertVersion(version: string): void {
  const number = Number(/^(\d{1,3})\.0$/.exec(version)?.[1] ?? 0);
  if (number >= oldestVersion && number <= newestVersion) return;
  throw new SoapFault("UNSUPPORTED_API_VERSION", `Invalid Api version specified on URL: ${version}`);
}

/** The session id in the header is an OAuth access token. */
function findUser(header: XmlElement | undefined, state: SalesforceState): string {
  const sessionId = findChild(findChild(header, "SessionHeader"), "sessionId")?.text ?? "";
  const accessToken = state.grants.findAccessToken(sessionId);
  if (accessToken !== undefined) return accessToken.userId;
  const reason = "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session key";
  throw new SoapFault("INVALID_SESSION_ID", reason);
}

function sendXml(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply.code(status).header("content-type", "text/xml;charset=UTF-8").send(body);
}
