import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createTenant } from "../actions/create-tenant.js";
import { deleteTenant } from "../actions/delete-tenant.js";
import { listTenants } from "../actions/list-tenants.js";
import type { Services } from "../services.js";
import { idParametersSchema, instantSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";

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
const deletedTenantSchema = z
  .object({
    tenant: z.object({ id: z.uuid(), name: z.string() }),
    dataKeys: z.int().describe("Data keys destroyed."),
    connectors: z.int().describe("Connectors removed, those deleted before included."),
    operationRuns: z.object({
      cancelled: z.int().describe("Runs whose work at the vendor has ended."),
      notCancelled: z
        .array(z.object({ runId: z.uuid(), connectorId: z.uuid(), code: z.string() }))
        .describe("Those whose work may go on at the vendor, and why. End it there."),
    }),
    grants: z.object({
      revoked: z.int().describe("Grants that vendors confirmed to be gone."),
      notRevoked: z
        .array(z.object({ connectorId: z.uuid(), code: z.string() }))
        .describe("Those that may live on at the vendor, and why. Revoke them there."),
    }),
  })
  .meta({ id: "DeletedTenant" });

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
  app.delete(
    "/v1/tenants/:id",
    {
      schema: {
        tags,
        security,
        summary: "Delete a tenant for good",
        description:
          "Its API keys stop working at once, its operation runs are cancelled and its grants given back at the vendors where that is possible in time, and its data keys and everything else of it are destroyed, but for its audit. The body repeats the tenant's name. A backup that is older still holds all of it.",
        operationId: "deleteTenant",
        params: idParametersSchema,
        body: z.strictObject({ name: z.string().max(200).describe("The tenant's name, exactly.") }),
        response: { 200: deletedTenantSchema, ...problemResponses },
      },
    },
    (request) => deleteTenant(services, request, { tenantId: request.params.id, name: request.body.name }),
  );
};
