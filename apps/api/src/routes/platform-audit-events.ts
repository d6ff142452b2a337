import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { listPlatformEvents } from "../actions/list-platform-events.js";
import { verifyAuditChainOf } from "../actions/verify-audit.js";
import { exportAudit } from "../audit/export-audit.js";
import type { Services } from "../services.js";
import { answerVerification } from "./audit-verification.js";
import { sendNdjson } from "./ndjson.js";
import {
  auditEventSchema,
  exportDescription,
  exportResponse,
  reportResponse,
  verifyDescription,
  verifyQuerySchema,
} from "./schemas/audit.js";
import { idSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";
import { streamSignal } from "./stream-signal.js";

const querySchema = pageQuerySchema.extend({
  tenantId: idSchema.optional().describe("The audit of this tenant instead: it outlives the tenant."),
});

const ofTenantSchema = z.object({ tenantId: idSchema.describe("Also one that was deleted.") });

/** `GET /v1/platform/audit-events`, and the chain of any tenant: for the platform key only. */
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

  app.get(
    "/v1/platform/audit-events/verify",
    {
      schema: {
        tags: ["audit"],
        security: [{ platformKey: [] }],
        summary: "Verify the chain of a tenant's audit, also of a tenant that was deleted",
        description: verifyDescription,
        operationId: "verifyTenantAuditEvents",
        querystring: ofTenantSchema.extend(verifyQuerySchema.shape),
        response: { 200: reportResponse, ...problemResponses },
      },
    },
    (request, reply) => {
      const { tenantId, expectHead } = request.query;
      const steps = verifyAuditChainOf(services, tenantId, expectHead);
      return answerVerification(request, reply, steps, streamSignal(request, reply, services));
    },
  );

  app.get(
    "/v1/platform/audit-events/export",
    {
      schema: {
        tags: ["audit"],
        security: [{ platformKey: [] }],
        summary: "Export a tenant's audit as NDJSON, also of a tenant that was deleted",
        description: exportDescription,
        operationId: "exportTenantAuditEvents",
        querystring: ofTenantSchema,
        response: { 200: exportResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const lines = exportAudit(services, request.query.tenantId, {});
      await sendNdjson(request, reply, lines, streamSignal(request, reply, services));
    },
  );
};
