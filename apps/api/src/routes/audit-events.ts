import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { listAuditEvents } from "../actions/list-audit-events.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { idSchema, instantSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";

const outcomeSchema = z.enum(["success", "failure", "denied"]);
const querySchema = pageQuerySchema.extend({
  action: z.string().max(100).optional().describe("Such as connector.created."),
  targetType: z.string().max(100).optional(),
  targetId: z.string().max(100).optional(),
  actorUserId: idSchema.optional(),
  outcome: outcomeSchema.optional(),
  since: instantSchema.optional().describe("From then on."),
  until: instantSchema.optional().describe("Before then."),
});

/** An audit event as it is answered. */
export const auditEventSchema = z
  .object({
    id: z.uuid(),
    action: z.string(),
    outcome: outcomeSchema,
    actor: z
      .object({ userId: z.uuid(), apiKeyId: z.uuid().nullable() })
      .nullable()
      .describe("null = the service itself, or the platform key: details.actor says so."),
    target: z.object({ type: z.string(), id: z.string().nullable() }),
    details: z.record(z.string(), z.unknown()).describe("Facts without secrets."),
    ip: z.string().nullable(),
    requestId: z.string().nullable(),
    occurredAt: instantSchema,
  })
  .meta({ id: "AuditEvent" });

/** `GET /v1/audit-events`. */
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
      const { limit, cursor, since, until, ...equal } = request.query;
      const given = Object.fromEntries(Object.entries(equal).filter(([, value]) => value !== undefined));
      const filter = {
        ...given,
        ...(since !== undefined && { since: new Date(since) }),
        ...(until !== undefined && { until: new Date(until) }),
      };
      return listAuditEvents(services, callerOf(request), { limit, cursor, filter });
    },
  );
};
