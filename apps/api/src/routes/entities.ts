import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { describeEntity, listEntities } from "../actions/entities.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { readSignal } from "./request-signal.js";
import { idParametersSchema, pageOf, problemResponses } from "./schemas/common.js";

const tags = ["entities"];
const summarySchema = z
  .object({
    name: z.string().describe("The vendor's own name."),
    label: z.string(),
    readable: z.boolean(),
    creatable: z.boolean(),
    updatable: z.boolean(),
    deletable: z.boolean(),
    custom: z.boolean(),
  })
  .meta({ id: "EntitySummary" });
const entitySchema = summarySchema
  .extend({
    fields: z.array(
      z.object({
        name: z.string(),
        label: z.string(),
        type: z.string().describe("The vendor's own type name."),
        required: z.boolean(),
        creatable: z.boolean(),
        updatable: z.boolean(),
        unique: z.boolean(),
        externalId: z.boolean().describe("Whether records may be addressed by it."),
        maxLength: z.number().optional().describe("In characters."),
        values: z.array(z.string()).optional(),
        references: z.array(z.string()).optional(),
      }),
    ),
  })
  .meta({ id: "Entity" });

/** `/v1/connectors/{id}/entities`: discovery, from the vendor's own describe calls. */
export const entityRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/connectors/:id/entities",
    {
      schema: {
        tags,
        summary: "List the vendor's entities",
        operationId: "listEntities",
        params: idParametersSchema,
        response: { 200: pageOf(summarySchema), ...problemResponses },
      },
    },
    (request, reply) => listEntities(services, callerOf(request), request.params.id, readSignal(reply, services)),
  );
  app.get(
    "/v1/connectors/:id/entities/:entity",
    {
      schema: {
        tags,
        summary: "Describe an entity",
        operationId: "describeEntity",
        params: idParametersSchema.extend({ entity: z.string().max(255) }),
        response: { 200: entitySchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { id, entity } = request.params;
      const described = await describeEntity(services, callerOf(request), id, entity, readSignal(reply, services));
      return {
        ...described,
        fields: described.fields.map(({ values, references, ...field }) => ({
          ...field,
          ...(values && { values: [...values] }),
          ...(references && { references: [...references] }),
        })),
      };
    },
  );
};
