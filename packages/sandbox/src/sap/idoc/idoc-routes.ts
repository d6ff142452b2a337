import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { InvalidXmlError, readXml } from "../../shared/xml/read-xml.js";
import { sendHtmlPage, sendServiceInactive } from "../rfc/html-pages.js";
import { SoapRefusal } from "../rfc/rfc-errors.js";
import type { SapUser } from "../rfc/rfc-system.js";
import { readCallElement } from "../rfc/soap-envelope.js";
import { addIdocControls } from "./idoc-controls.js";
import { type IdocMessage, InvalidIdocError, readIdocs } from "./idoc-document.js";
import type { StoredIdoc } from "./idoc-store.js";
import { receiveIdocs } from "./inbound.js";
import type { IdocParts } from "./parts.js";
import { writeAssignments, writeIdocFault } from "./soap-answer.js";

/** The service for plain XML. */
export const idocXmlPath = "/sap/bc/idoc_xml";

/** The service for SOAP. */
export const idocSoapPath = "/sap/bc/srt/idoc";

/** Adds `/sap/bc/idoc_xml`, `/sap/bc/srt/idoc` and the controls of IDocs. */
export function addIdocRoutes(app: FastifyInstance, parts: IdocParts): void {
  addIdocControls(app, parts);
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.addHook("onRequest", async (request, reply) => {
      if (!parts.settings.idocServicesActive) return sendServiceInactive(reply, request.url.split("?")[0] ?? "");
    });
    const services = { [idocXmlPath]: receiveXml, [idocSoapPath]: receiveSoap };
    for (const [path, receive] of Object.entries(services)) {
      scope.post(path, async (request, reply) => {
        const user = await parts.logon(request, reply);
        return user === undefined ? reply : receive(request, reply, parts, user);
      });
    }
  });
}

/** The answer says that IDocs are stored, in a page; which numbers they got it does not say. */
function receiveXml(request: FastifyRequest, reply: FastifyReply, parts: IdocParts, user: SapUser): FastifyReply {
  try {
    assertContentType(request, ["text/xml", "application/xml", "application/x-sap.idoc"]);
    const messages = readIdocs(readXml(bodyOf(request)));
    assertOneIfNative(request, messages);
    receiveIdocs(messages, parts, user.name);
    return sendHtmlPage(reply, 200, "IDoc-XML-inbound ok", []);
  } catch (error) {
    if (!(error instanceof InvalidIdocError) && !(error instanceof InvalidXmlError)) throw error;
    return sendHtmlPage(reply, 500, "IDoc-XML-inbound error", [error.message]);
  }
}

/** The answer assigns each sender's number to the number under which its IDoc is stored. */
function receiveSoap(request: FastifyRequest, reply: FastifyReply, parts: IdocParts, user: SapUser): FastifyReply {
  try {
    assertContentType(request, ["text/xml", "application/x-sap.idoc"]);
    const root = readCallElement(bodyOf(request));
    const messages = readIdocs(root);
    assertOneIfNative(request, messages);
    const known = findTaken(request, messages, parts);
    const stored: readonly StoredIdoc[] = known ? [known] : receiveIdocs(messages, parts, user.name);
    return sendXml(reply, 200, writeAssignments(root.name, stored));
  } catch (error) {
    if (!(error instanceof InvalidIdocError) && !(error instanceof SoapRefusal)) throw error;
    return sendXml(reply, 500, writeIdocFault(error.message));
  }
}

function assertContentType(request: FastifyRequest, known: readonly string[]): void {
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (!known.includes(type)) throw new InvalidIdocError(`Content type ${type} is not supported`);
}

/**
 * The IDoc that came before under the same message id: it is taken once, and answered as the first time.
 *
 * @see https://www.stechno.net/repository/sap-messages.html?id=EA728
 */
function findTaken(request: FastifyRequest, [first]: readonly IdocMessage[], { idocs }: IdocParts) {
  const messageId = first?.control.ARCKEY ?? "";
  if (!isNative(request) || !messageId.startsWith("urn:sap.com:msgid=")) return undefined;
  return idocs.list().find(({ direction, control }) => direction === "2" && control.ARCKEY === messageId);
}

function isNative(request: FastifyRequest): boolean {
  return (request.headers["content-type"] ?? "").toLowerCase().startsWith("application/x-sap.idoc");
}

// "Allows only single IDoc record for each request": SAP Cloud Integration, IDoc receiver adapter, IDoc content type.
function assertOneIfNative(request: FastifyRequest, messages: readonly IdocMessage[]): void {
  if (isNative(request) && messages.length > 1)
    throw new InvalidIdocError("application/x-sap.idoc holds one IDoc only");
}

function bodyOf(request: FastifyRequest): Uint8Array {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function sendXml(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply.code(status).header("content-type", "text/xml; charset=utf-8").send(body);
}
