import type { FastifyInstance } from "fastify";
import { companyOf, envelopeTime } from "./company-request.js";
import { type Fields, objectIn, textIn } from "./data/json.js";
import { toRecordTime } from "./data/time.js";
import { objectNotFound, QuickbooksFault, unsupportedOperation } from "./errors.js";
import { describeDocument } from "./files/describe-document.js";
import { renderPdf } from "./files/pdf.js";
import { throttleExceeded } from "./gateway-fault.js";
import { entityOf } from "./record-routes.js";
import { sendOnce } from "./replay.js";
import type { QuickbooksState } from "./state.js";

interface DocumentPath {
  entity: string;
  id: string;
}

/** Adds printing and e-mailing of sales forms and purchase orders. No e-mail leaves the sandbox. */
export function addDocumentRoutes(api: FastifyInstance, state: QuickbooksState): void {
  api.get<{ Params: DocumentPath }>("/:entity/:id/pdf", async (request, reply) => {
    const definition = entityOf(request.params.entity);
    if (!definition.sendable) throw unsupportedOperation(`${definition.name} has no PDF.`);
    const company = companyOf(request);
    const record = company.service.read(definition, request.params.id);
    return reply.type("application/pdf").send(renderPdf(describeDocument(company.name, definition.name, record)));
  });
  api.post<{ Params: DocumentPath; Querystring: { sendTo?: string } }>("/:entity/:id/send", async (request, reply) => {
    const company = companyOf(request);
    const definition = entityOf(request.params.entity);
    return sendOnce(
      request,
      reply,
      company,
      () => envelopeTime(state),
      () => {
        if (!definition.sendable) throw unsupportedOperation(`${definition.name} cannot be sent.`);
        const record = company.records.get(definition.name, request.params.id);
        if (record === undefined) throw objectNotFound();
        const address = request.query.sendTo ?? textIn(objectIn(record, "BillEmail"), "Address");
        if (address === undefined || !/^[^\s@]+@[^\s@]+$/.test(address)) {
          throw new QuickbooksFault(
            "2210",
            "Invalid Email Address Format",
            "The e-mail address to send to is missing or does not conform to the RFC 822 syntax rules.",
            { element: "sendTo" },
          );
        }
        if (!state.throttle.admitEmail(company.realmId)) throw throttleExceeded("The daily e-mail limit was reached.");
        const changes: Fields = {
          EmailStatus: "EmailSent",
          BillEmail: { Address: address },
          DeliveryInfo: { DeliveryType: "Email", DeliveryTime: toRecordTime(state.clock()) },
        };
        return { [definition.name]: company.service.amend(definition, record.Id, changes, "Emailed") };
      },
    );
  });
}
