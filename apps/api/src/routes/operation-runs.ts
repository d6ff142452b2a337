import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { cancelOperationRun } from "../actions/cancel-operation-run.js";
import { getOperationRun, listOperationRuns } from "../actions/get-operation-runs.js";
import { exportRecordWrites, listRecordWrites } from "../actions/list-record-writes.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { ndjsonMediaType, sendNdjson, wantsNdjson } from "./ndjson.js";
import { idParametersSchema, pageOf, problemResponses } from "./schemas/common.js";
import { listOperationRunsSchema, operationRunSchema } from "./schemas/operation-runs.js";
import { listRecordWritesSchema, recordWriteSchema } from "./schemas/record-writes.js";
import { streamSignal } from "./stream-signal.js";

const tags = ["operation runs"];

/** `/v1/operation-runs`: how far bulk operations are, and ending them. */
export const operationRunRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/operation-runs",
    {
      schema: {
        tags,
        summary: "List operation runs, newest first",
        operationId: "listOperationRuns",
        querystring: listOperationRunsSchema,
        response: { 200: pageOf(operationRunSchema), ...problemResponses },
      },
    },
    (request) => {
      const { limit, cursor, connectorId, status } = request.query;
      const filter = { ...(connectorId !== undefined && { connectorId }), ...(status !== undefined && { status }) };
      return listOperationRuns(services, callerOf(request), { limit, cursor, filter });
    },
  );

  app.get(
    "/v1/operation-runs/:id",
    {
      schema: {
        tags,
        summary: "Read an operation run, with its output once it has succeeded",
        description: "Runs are kept for 7 days after their end.",
        operationId: "getOperationRun",
        params: idParametersSchema,
        response: { 200: operationRunSchema, ...problemResponses },
      },
    },
    (request) => getOperationRun(services, callerOf(request), request.params.id),
  );

  app.get(
    "/v1/operation-runs/:id/records",
    {
      schema: {
        tags,
        summary: "List what became of the records that a run writes",
        description:
          "In the order of the request, while the run goes on, too. As NDJSON, all of them, whatever the limit.",
        operationId: "listRecordWrites",
        params: idParametersSchema,
        querystring: listRecordWritesSchema,
        response: {
          200: {
            description: "Outcomes.",
            content: {
              "application/json": { schema: pageOf(recordWriteSchema) },
              [ndjsonMediaType]: { schema: recordWriteSchema },
            },
          },
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!wantsNdjson(request)) return listRecordWrites(services, callerOf(request), id, request.query);
      const all = exportRecordWrites(services, callerOf(request), id, request.query);
      await sendNdjson(request, reply, all, streamSignal(request, reply, services));
      return reply;
    },
  );

  app.post(
    "/v1/operation-runs/:id/cancel",
    {
      config: { idempotency: "repeatable" },
      schema: {
        tags,
        summary: "End the work of an operation run at the vendor",
        description: "What is done by then stays done. `cancelling` is answered where somebody is at the run just now.",
        operationId: "cancelOperationRun",
        params: idParametersSchema,
        response: { 200: operationRunSchema, ...problemResponses },
      },
    },
    (request) => cancelOperationRun(services, callerOf(request), request.params.id),
  );
};
