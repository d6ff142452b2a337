import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { exportRecords, listRecords } from "../actions/list-records.js";
import { writeRecords } from "../actions/write-records.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { ndjsonMediaType, sendNdjson, wantsNdjson } from "./ndjson.js";
import { idParametersSchema, pageOf, problemResponses } from "./schemas/common.js";
import { operationRunSchema } from "./schemas/operation-runs.js";
import { writeRecordsSchema } from "./schemas/record-writes.js";
import { listRecordsSchema, recordSchema } from "./schemas/syncs.js";
import { streamSignal } from "./stream-signal.js";

const pageSchema = pageOf(recordSchema).extend({ hasMore: z.boolean().describe("Whether more is there already.") });

/** Largest body of records to write, in bytes. */
const writeLimit = 16 * 1024 * 1024;

/** What syncs have read, and writing it back: `/v1/connectors/{id}/records`. */
export const recordRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/connectors/:id/records",
    {
      schema: {
        tags: ["syncs"],
        summary: "List the records of an entity as they were last read",
        description:
          "In the order in which they changed here: one that changes meanwhile comes again. The last cursor gives what changes later. As NDJSON, all of them to the end, whatever the limit.",
        operationId: "listRecords",
        params: idParametersSchema,
        querystring: listRecordsSchema,
        response: {
          200: {
            description: "Records.",
            content: { "application/json": { schema: pageSchema }, [ndjsonMediaType]: { schema: recordSchema } },
          },
          ...problemResponses,
        },
      },
    },
    async (request, reply) => {
      const { deleted, limit, ...rest } = request.query;
      const wanted = { ...rest, withDeleted: deleted };
      const { id } = request.params;
      if (!wantsNdjson(request)) return listRecords(services, callerOf(request), id, { ...wanted, limit });
      const all = exportRecords(services, callerOf(request), id, wanted);
      await sendNdjson(request, reply, all, streamSignal(request, reply, services));
      return reply;
    },
  );

  app.post(
    "/v1/connectors/:id/records",
    {
      bodyLimit: writeLimit,
      schema: {
        tags: ["syncs"],
        summary: "Write records to the vendor",
        description:
          "Answered when they are noted; an operation run writes them, with an outcome for each record: `GET /v1/operation-runs/{id}/records`. The records here stay as they are until a sync reads what was written.",
        operationId: "writeRecords",
        params: idParametersSchema,
        body: writeRecordsSchema,
        response: { 202: operationRunSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const run = await writeRecords(services, callerOf(request), request.params.id, request.body);
      reply.code(202).header("location", `/v1/operation-runs/${run.id}`);
      return run;
    },
  );
};
