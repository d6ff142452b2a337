import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { listPlatformEvents } from "../actions/list-platform-events.js";
import type { Services } from "../services.js";
import { auditEventSchema } from "./audit-events.js";
import { idSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";

const querySchema = pageQuerySchema.extend({
  tenantId: idSchema.optional().describe("The audit of this tenant instead: it outlives the tenant."),
});

/** `GET /v1/platform/audit-events`: for the platform key only. */
export const platformAuditEventRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/platform/audit-events",
    {
      schema: {
        tags: ["audit"],
        security: [{ platformKey: [] }],
        summary: "List what the platform did, newest first",
        description: "Tenants made and deleted, rotations of keys, data keys destroyed.",
        operationId: "listPlatformAuditEvents",
        querystring: querySchema,
        response: { 200: pageOf(auditEventSchema), ...problemResponses },
      },
    },
    (request) => listPlatformEvents(services, request.query),
  );
};
