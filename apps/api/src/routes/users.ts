import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createUser } from "../actions/create-user.js";
import { listUsers } from "../actions/list-users.js";
import { updateUser } from "../actions/update-user.js";
import { roleNames } from "../authorization/index.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { idParametersSchema, instantSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";

const tags = ["users"];
const rolesSchema = z
  .array(z.enum(roleNames))
  .max(roleNames.length)
  .describe("What the person may do with API keys. A token of an identity provider brings its own roles.");
const nameSchema = z.string().trim().min(1).max(200);
const identitySchema = z
  .strictObject({
    issuer: z.string().min(1).max(2048).describe("Of one of the tenant's identity providers."),
    subject: z.string().min(1).max(255).describe("The issuer's name for the person: `sub` of their tokens."),
  })
  .meta({ id: "Identity" });
const newUserSchema = z
  .strictObject({
    email: z.email().max(254),
    name: nameSchema,
    roles: rolesSchema,
    identity: identitySchema.optional().describe("By whose tokens the person signs in. Then there need be no roles."),
  })
  .refine(({ roles, identity }) => roles.length > 0 || identity !== undefined, {
    path: ["roles"],
    message: "At least one, unless the person has an identity.",
  })
  .meta({ id: "NewUser" });
const userChangesSchema = z
  .strictObject({
    name: nameSchema.optional(),
    roles: rolesSchema.optional(),
    disabled: z.boolean().optional(),
    identity: identitySchema
      .nullable()
      .optional()
      .describe("Null takes it away: then API keys alone let the person in."),
  })
  .meta({ id: "UserChanges" });

/** A person as it is answered. */
export const userSchema = z
  .object({
    id: z.uuid(),
    email: z.string(),
    name: z.string(),
    roles: z.array(z.enum(roleNames)),
    identity: z.object({ issuer: z.string(), subject: z.string() }).nullable(),
    disabled: z.boolean(),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: "User" });

/** `/v1/users`: the people of the tenant. */
export const userRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.post(
    "/v1/users",
    {
      schema: {
        tags,
        summary: "Add a person",
        operationId: "createUser",
        body: newUserSchema,
        response: { 201: userSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { identity, ...rest } = request.body;
      const user = { ...rest, ...(identity && { identity }) };
      return reply.code(201).send(await createUser(services, callerOf(request), user));
    },
  );
  app.get(
    "/v1/users",
    {
      schema: {
        tags,
        summary: "List people",
        operationId: "listUsers",
        querystring: pageQuerySchema,
        response: { 200: pageOf(userSchema), ...problemResponses },
      },
    },
    (request) => listUsers(services, callerOf(request), request.query),
  );
  app.patch(
    "/v1/users/:id",
    {
      schema: {
        tags,
        summary: "Change a person: name, roles, disabled, identity",
        operationId: "updateUser",
        params: idParametersSchema,
        body: userChangesSchema,
        response: { 200: userSchema, ...problemResponses },
      },
    },
    (request) => {
      const { name, roles, disabled, identity } = request.body;
      return updateUser(services, callerOf(request), request.params.id, {
        ...(name !== undefined && { name }),
        ...(roles !== undefined && { roles }),
        ...(disabled !== undefined && { disabled }),
        ...(identity !== undefined && { identity }),
      });
    },
  );
};
