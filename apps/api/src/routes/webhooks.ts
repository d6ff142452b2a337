import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createWebhook } from "../actions/create-webhook.js";
import { deleteWebhook } from "../actions/delete-webhook.js";
import { getWebhook, listWebhooks } from "../actions/get-webhooks.js";
import { rotateWebhookSecret } from "../actions/rotate-webhook-secret.js";
import { testWebhook } from "../actions/test-webhook.js";
import { updateWebhook } from "../actions/update-webhook.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { readIfMatch, requireIfMatch, toEntityTag } from "./entity-tags.js";
import { idParametersSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";
import {
  createWebhookSchema,
  rotateSecretSchema,
  updateWebhookSchema,
  webhookSchema,
  webhookTestSchema,
  webhookWithSecretSchema,
} from "./schemas/webhooks.js";

const tags = ["webhooks"];
const ifMatchSchema = z.object({ "if-match": z.string().optional().describe("The ETag of the webhook.") });

/** `/v1/webhooks`: addresses that are told what happens. */
export const webhookRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.post(
    "/v1/webhooks",
    {
      schema: {
        tags,
        summary: "Tell an address what happens",
        description:
          "Messages are signed as Standard Webhooks say, and come at least once: those with the same webhook-id are one. What is about one thing comes in its order.",
        operationId: "createWebhook",
        body: createWebhookSchema,
        response: { 201: webhookWithSecretSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { active: isActive, ...rest } = request.body;
      const webhook = await createWebhook(services, callerOf(request), { ...rest, isActive });
      reply.header("location", `/v1/webhooks/${webhook.id}`).header("etag", toEntityTag(webhook.version));
      return reply.code(201).send(webhook);
    },
  );

  app.get(
    "/v1/webhooks",
    {
      schema: {
        tags,
        summary: "List webhooks, with how they go",
        operationId: "listWebhooks",
        querystring: pageQuerySchema,
        response: { 200: pageOf(webhookSchema), ...problemResponses },
      },
    },
    (request) => listWebhooks(services, callerOf(request), request.query),
  );

  app.get(
    "/v1/webhooks/:id",
    {
      schema: {
        tags,
        summary: "Read a webhook, with how it goes",
        operationId: "getWebhook",
        params: idParametersSchema,
        response: { 200: webhookSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const webhook = await getWebhook(services, callerOf(request), request.params.id);
      return reply.header("etag", toEntityTag(webhook.version)).send(webhook);
    },
  );

  app.patch(
    "/v1/webhooks/:id",
    {
      schema: {
        tags,
        summary: "Change a webhook, from the next event on",
        description: "Needs If-Match. What waits goes to the new address.",
        operationId: "updateWebhook",
        params: idParametersSchema,
        headers: ifMatchSchema,
        body: updateWebhookSchema,
        response: { 200: webhookSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const version = requireIfMatch(request.headers["if-match"]);
      const { active: isActive, ...rest } = request.body;
      // What is missing must not be there at all: it would overwrite what is stored.
      const given = Object.entries({ ...rest, isActive }).filter(([, value]) => value !== undefined);
      const changes = Object.fromEntries(given);
      const webhook = await updateWebhook(services, callerOf(request), request.params.id, version, changes);
      return reply.header("etag", toEntityTag(webhook.version)).send(webhook);
    },
  );

  app.delete(
    "/v1/webhooks/:id",
    {
      schema: {
        tags,
        summary: "Delete a webhook, with what it was still to be told",
        operationId: "deleteWebhook",
        params: idParametersSchema,
        headers: ifMatchSchema,
        response: { 204: z.undefined().describe("Deleted."), ...problemResponses },
      },
    },
    async (request, reply) => {
      const version = readIfMatch(request.headers["if-match"]);
      await deleteWebhook(services, callerOf(request), request.params.id, version);
      return reply.code(204).send();
    },
  );

  app.post(
    "/v1/webhooks/:id/rotate-secret",
    {
      schema: {
        tags,
        summary: "Give a webhook a new secret",
        description:
          "For the overlap messages have two signatures, so that receivers can change theirs one after the other.",
        operationId: "rotateWebhookSecret",
        params: idParametersSchema,
        body: rotateSecretSchema.nullish(),
        response: { 200: webhookWithSecretSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { overlapSeconds } = request.body ?? {};
      const webhook = await rotateWebhookSecret(services, callerOf(request), request.params.id, overlapSeconds);
      return reply.header("etag", toEntityTag(webhook.version)).send(webhook);
    },
  );

  app.post(
    "/v1/webhooks/:id/test",
    {
      config: { idempotency: "repeatable" },
      schema: {
        tags,
        summary: "Send a webhook a signed test, now and once",
        operationId: "testWebhook",
        params: idParametersSchema,
        response: { 200: webhookTestSchema, ...problemResponses },
      },
    },
    (request) => testWebhook(services, callerOf(request), request.params.id),
  );
};
