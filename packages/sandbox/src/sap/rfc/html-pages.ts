import type { FastifyReply } from "fastify";
import { escapeHtml } from "../../shared/html.js";

/** A page as the ICF writes it: what a client gets instead of XML when its request did not reach a handler. */
export function sendHtmlPage(
  reply: FastifyReply,
  status: number,
  title: string,
  lines: readonly string[],
): FastifyReply {
  const body = lines.map((line) => `<p>${escapeHtml(line)}</p>`).join("");
  const page = `<html><head><title>${escapeHtml(title)}</title></head><body><h1>${escapeHtml(title)}</h1>${body}</body></html>`;
  return reply.code(status).header("content-type", "text/html; charset=utf-8").send(page);
}

/** What SICF answers for a service that nobody activated. */
export function sendServiceInactive(reply: FastifyReply, path: string): FastifyReply {
  return sendHtmlPage(reply, 403, "Forbidden", [
    `The request ${path} could not be processed because the service is not active.`,
    "Activate the service in transaction SICF.",
    "Error code: ICF-CF-http-c:000-u:SAPSYS-l:E-i:sandbox_ISH_00-v:0-s:403-r:Service_not_active",
  ]);
}

/** A short dump as the browser sees it. */
export function sendShortDump(reply: FastifyReply, reason: string, transactionId: string): FastifyReply {
  reply.header("sap-err-id", "RABAX_STATE");
  return sendHtmlPage(reply, 500, "500 SAP Internal Server Error", [
    `ERROR: ${reason} (termination: RABAX_STATE)`,
    `Transaction ID: ${transactionId}`,
  ]);
}
