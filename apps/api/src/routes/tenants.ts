import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createTenant } from "../actions/create-tenant.js";
import { listTenants } from "../actions/list-tenants.js";
import type { Services } from "../services.js";
import { instantSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";

const tags = ["tenants"];
const security = [{ platformKey: [] }];
const name = z.string().trim().min(1).max(200);
const newTenantSchema = z
  .strictObject({ name, administrator: z.strictObject({ name, email: z.email().max(254) }) })
  .meta({ id: "NewTenant" });
const tenantSchema = z.object({ id: z.uuid(), name: z.string(), createdAt: instantSchema }).meta({ id: "Tenant" });
const createdTenantSchema = z
  .object({
    tenant: tenantSchema,
    administrator: z.object({ id: z.uuid(), name: z.string(), email: z.string() }),
    apiKey: z.object({
      id: z.uuid(),
      name: z.string(),
      prefix: z.string(),
      key: z.string().describe("Shown once and never again."),
    }),
  })
  .meta({ id: "CreatedTenant" });

/** `/v1/tenants`: for the platform key only. */
export const tenantRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.post(
    "/v1/tenants",
    {
      schema: {
        tags,
        security,
        summary: "Make a tenant with its first administrator and key",
        operationId: "createTenant",
        body: newTenantSchema,
        response: { 201: createdTenantSchema, ...problemResponses },
      },
    },
    async (request, reply) => reply.code(201).send(await createTenant(services, request, request.body)),
  );
  app.get(
    "/v1/tenants",
    {
      schema: {
        tags,
        security,
        summary: "List tenants",
        operationId: "listTenants",
        querystring: pageQuerySchema,
        response: { 200: pageOf(tenantSchema), ...problemResponses },
      },
    },
    (request) => listTenants(services, request.query),
  );
};
