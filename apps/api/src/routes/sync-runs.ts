import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { cancelSyncRun } from "../actions/cancel-sync-run.js";
import { getSyncRun, listSyncRunLines, listSyncRuns } from "../actions/get-sync-runs.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { idParametersSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";
import { listSyncRunsSchema, syncRunLineSchema, syncRunSchema } from "./schemas/syncs.js";

const tags = ["syncs"];

/** `/v1/sync-runs`: how far syncs are, and ending them. */
export const syncRunRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/sync-runs",
    {
      schema: {
        tags,
        summary: "List runs of syncs, newest first",
        operationId: "listSyncRuns",
        querystring: listSyncRunsSchema,
        response: { 200: pageOf(syncRunSchema), ...problemResponses },
      },
    },
    (request) => {
      const { limit, cursor, connectorId, scheduleId, entity, status } = request.query;
      const filter = {
        ...(connectorId !== undefined && { connectorId }),
        ...(scheduleId !== undefined && { scheduleId }),
        ...(entity !== undefined && { entity }),
        ...(status !== undefined && { status }),
      };
      return listSyncRuns(services, callerOf(request), { limit, cursor, filter });
    },
  );

  app.get(
    "/v1/sync-runs/:id",
    {
      schema: {
        tags,
        summary: "Read a run of a sync",
        description: "Runs are kept for 30 days after their end.",
        operationId: "getSyncRun",
        params: idParametersSchema,
        response: { 200: syncRunSchema, ...problemResponses },
      },
    },
    (request) => getSyncRun(services, callerOf(request), request.params.id),
  );

  app.get(
    "/v1/sync-runs/:id/log",
    {
      schema: {
        tags,
        summary: "Read what happened in a run of a sync",
        description:
          "Who took it, what it waited for, what it left out, how it ended. Batches that went well are counted only.",
        operationId: "listSyncRunLines",
        params: idParametersSchema,
        querystring: pageQuerySchema,
        response: { 200: pageOf(syncRunLineSchema), ...problemResponses },
      },
    },
    (request) => listSyncRunLines(services, callerOf(request), { id: request.params.id, ...request.query }),
  );

  app.post(
    "/v1/sync-runs/:id/cancel",
    {
      schema: {
        tags,
        summary: "End a run of a sync",
        description: "What is stored by then stays. `cancelling` is answered where somebody is at the run just now.",
        operationId: "cancelSyncRun",
        params: idParametersSchema,
        response: { 200: syncRunSchema, ...problemResponses },
      },
    },
    (request) => cancelSyncRun(services, callerOf(request), request.params.id),
  );
};
