import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createSchedule } from "../actions/create-schedule.js";
import { deleteSchedule } from "../actions/delete-schedule.js";
import { getSchedule, listSchedules } from "../actions/get-schedules.js";
import { runSchedule } from "../actions/run-schedule.js";
import { updateSchedule } from "../actions/update-schedule.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { emergencySchema, nameChangeRequest, requestedResponse } from "./change-answers.js";
import { ifMatchSchema, readIfMatch, requireIfMatch, toEntityTag } from "./entity-tags.js";
import { idParametersSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";
import {
  createScheduleSchema,
  runScheduleSchema,
  scheduleSchema,
  syncRunSchema,
  updateScheduleSchema,
} from "./schemas/syncs.js";

const tags = ["syncs"];
const headersSchema = emergencySchema.extend(ifMatchSchema.shape);

/** When connectors read which entity: `/v1/connectors/{id}/schedules` and `/v1/schedules`. */
export const scheduleRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.post(
    "/v1/connectors/:id/schedules",
    {
      schema: {
        tags,
        summary: "Schedule reads of an entity",
        operationId: "createSchedule",
        params: idParametersSchema,
        headers: emergencySchema,
        body: createScheduleSchema,
        response: { 201: scheduleSchema, ...requestedResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const emergency = request.headers["isthmus-emergency"];
      const outcome = await createSchedule(services, callerOf(request), request.params.id, request.body, emergency);
      nameChangeRequest(reply, outcome);
      if (outcome.outcome === "requested") return reply.code(202).send(outcome.request);
      const schedule = outcome.result;
      reply.header("location", `/v1/schedules/${schedule.id}`).header("etag", toEntityTag(schedule.version));
      return reply.code(201).send(schedule);
    },
  );

  app.get(
    "/v1/connectors/:id/schedules",
    {
      schema: {
        tags,
        summary: "List the schedules of a connector",
        operationId: "listSchedules",
        params: idParametersSchema,
        querystring: pageQuerySchema,
        response: { 200: pageOf(scheduleSchema), ...problemResponses },
      },
    },
    (request) => listSchedules(services, callerOf(request), request.params.id, request.query),
  );

  app.get(
    "/v1/schedules",
    {
      schema: {
        tags,
        summary: "List the schedules of all connectors",
        operationId: "listAllSchedules",
        querystring: pageQuerySchema,
        response: { 200: pageOf(scheduleSchema), ...problemResponses },
      },
    },
    (request) => listSchedules(services, callerOf(request), undefined, request.query),
  );

  app.get(
    "/v1/schedules/:id",
    {
      schema: {
        tags,
        summary: "Read a schedule, with its next five times",
        operationId: "getSchedule",
        params: idParametersSchema,
        response: { 200: scheduleSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const schedule = await getSchedule(services, callerOf(request), request.params.id);
      return reply.header("etag", toEntityTag(schedule.version)).send(schedule);
    },
  );

  app.patch(
    "/v1/schedules/:id",
    {
      schema: {
        tags,
        summary: "Change a schedule, pause it, or let it go on",
        description: "Needs If-Match. Times that pass while it is paused are not caught up on.",
        operationId: "updateSchedule",
        params: idParametersSchema,
        headers: headersSchema,
        body: updateScheduleSchema,
        response: { 200: scheduleSchema, ...requestedResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { headers, params, body } = request;
      const version = requireIfMatch(headers["if-match"]);
      const emergency = headers["isthmus-emergency"];
      const outcome = await updateSchedule(services, callerOf(request), params.id, version, body, emergency);
      nameChangeRequest(reply, outcome);
      if (outcome.outcome === "requested") return reply.code(202).send(outcome.request);
      const schedule = outcome.result;
      return reply.header("etag", toEntityTag(schedule.version)).send(schedule);
    },
  );

  app.delete(
    "/v1/schedules/:id",
    {
      schema: {
        tags,
        summary: "Remove a schedule; its runs and records stay",
        operationId: "deleteSchedule",
        params: idParametersSchema,
        headers: headersSchema,
        response: { 204: z.undefined().describe("Removed."), ...requestedResponse, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { headers, params } = request;
      const version = readIfMatch(headers["if-match"]);
      const emergency = headers["isthmus-emergency"];
      const outcome = await deleteSchedule(services, callerOf(request), params.id, version, emergency);
      nameChangeRequest(reply, outcome);
      if (outcome.outcome === "requested") return reply.code(202).send(outcome.request);
      return reply.code(204).send();
    },
  );

  app.post(
    "/v1/schedules/:id/run",
    {
      schema: {
        tags,
        summary: "Begin a run of a schedule now",
        description:
          "Also of a paused one. It waits where a run of the entity goes on. With `backfillFrom`, what was changed since then is read again.",
        operationId: "runSchedule",
        params: idParametersSchema,
        body: runScheduleSchema.nullish(),
        response: { 202: syncRunSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const run = await runSchedule(services, callerOf(request), request.params.id, request.body ?? {});
      return reply.code(202).header("location", `/v1/sync-runs/${run.id}`).send(run);
    },
  );
};
