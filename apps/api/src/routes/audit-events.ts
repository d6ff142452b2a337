import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type AuditQuery, exportAuditEvents } from "../actions/export-audit.js";
import { listAuditEvents } from "../actions/list-audit-events.js";
import { verifyAuditChain } from "../actions/verify-audit.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { answerVerification } from "./audit-verification.js";
import { sendNdjson } from "./ndjson.js";
import {
  auditEventSchema,
  exportDescription,
  exportResponse,
  outcomeSchema,
  reportResponse,
  verifyDescription,
  verifyQuerySchema,
} from "./schemas/audit.js";
import { idSchema, instantSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";
import { streamSignal } from "./stream-signal.js";

const filterSchema = z.object({
  action: z.string().max(100).optional().describe("Such as connector.created."),
  targetType: z.string().max(100).optional(),
  targetId: z.string().max(100).optional(),
  actorUserId: idSchema.optional(),
  actorApiKeyId: idSchema.optional(),
  requestId: z.string().max(100).optional().describe("All that one request did."),
  outcome: outcomeSchema.optional(),
  since: instantSchema.optional().describe("From then on."),
  until: instantSchema.optional().describe("Before then."),
});
const querySchema = pageQuerySchema.extend(filterSchema.shape);

/** `GET /v1/audit-events`, `/verify` and `/export`. */
export const auditEventRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/audit-events",
    {
      schema: {
        tags: ["audit"],
        summary: "List what was done, newest first",
        operationId: "listAuditEvents",
        querystring: querySchema,
        response: { 200: pageOf(auditEventSchema), ...problemResponses },
      },
    },
    (request) => {
      const { limit, cursor, ...filter } = request.query;
      return listAuditEvents(services, callerOf(request), { limit, cursor, filter: toFilter(filter) });
    },
  );

  app.get(
    "/v1/audit-events/verify",
    {
      schema: {
        tags: ["audit"],
        summary: "Verify the audit's chain, and name its first broken link",
        description: verifyDescription,
        operationId: "verifyAuditEvents",
        querystring: verifyQuerySchema,
        response: { 200: reportResponse, ...problemResponses },
      },
    },
    (request, reply) => {
      const steps = verifyAuditChain(services, callerOf(request), request.query.expectHead);
      return answerVerification(request, reply, steps, streamSignal(request, reply, services));
    },
  );

  app.get(
    "/v1/audit-events/export",
    {
      schema: {
        tags: ["audit"],
        summary: "Export the audit as NDJSON, in the order of the chain",
        description: exportDescription,
        operationId: "exportAuditEvents",
        querystring: filterSchema,
        response: { 200: exportResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const lines = exportAuditEvents(services, callerOf(request), toFilter(request.query));
      await sendNdjson(request, reply, lines, streamSignal(request, reply, services));
    },
  );
};

function toFilter({ since, until, ...equal }: z.output<typeof filterSchema>): AuditQuery {
  const given = Object.fromEntries(Object.entries(equal).filter(([, value]) => value !== undefined));
  return {
    ...given,
    ...(since !== undefined && { since: new Date(since) }),
    ...(until !== undefined && { until: new Date(until) }),
  };
}
