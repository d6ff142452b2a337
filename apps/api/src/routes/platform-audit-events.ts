import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { exportForPlatform } from "../actions/export-audit.js";
import { listPlatformEvents } from "../actions/list-platform-events.js";
import { verifyForPlatform } from "../actions/verify-audit.js";
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

const ofSchema = z.object({
  tenantId: idSchema.optional().describe("The audit of this tenant instead: it outlives the tenant."),
});
const querySchema = pageQuerySchema.extend(ofSchema.shape);

/** `GET /v1/platform/audit-events`, `/verify` and `/export`, of the platform itself or any tenant: for the platform key only. */
export const platformAuditEventRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/platform/audit-events",
    {
      schema: {
        tags: ["audit"],
        security: [{ platformKey: [] }],
        summary: "List what the platform did, newest first",
        description: "Tenants made and deleted, rotations of keys, data keys destroyed, audits exported and verified.",
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
        summary: "Verify the chain of the platform's audit, or of a tenant's, also of one that was deleted",
        description: verifyDescription,
        operationId: "verifyPlatformAuditEvents",
        querystring: ofSchema.extend(verifyQuerySchema.shape),
        response: { 200: reportResponse, ...problemResponses },
      },
    },
    (request, reply) => {
      const steps = verifyForPlatform(services, request, request.query);
      return answerVerification(request, reply, steps, streamSignal(request, reply, services));
    },
  );

  app.get(
    "/v1/platform/audit-events/export",
    {
      schema: {
        tags: ["audit"],
        security: [{ platformKey: [] }],
        summary: "Export the platform's audit as NDJSON, or a tenant's, also of one that was deleted",
        description: exportDescription,
        operationId: "exportPlatformAuditEvents",
        querystring: ofSchema,
        response: { 200: exportResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const lines = exportForPlatform(services, request, request.query.tenantId);
      await sendNdjson(request, reply, lines, streamSignal(request, reply, services));
    },
  );
};
