import type { FastifyPluginAsyncZod, ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { exportRecords, listRecords } from "../actions/list-records.js";
import { writeRecords } from "../actions/write-records.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { ndjsonMediaType, sendNdjson, sendsNdjson, wantsNdjson } from "./ndjson.js";
import { idParametersSchema, pageOf, problemResponses } from "./schemas/common.js";
import { operationRunSchema } from "./schemas/operation-runs.js";
import { writeQuerySchema, writeRecordsSchema, writeSchema } from "./schemas/record-writes.js";
import { listRecordsSchema, recordSchema } from "./schemas/syncs.js";
import { streamSignal } from "./stream-signal.js";
import { namedByLine, readWriteLines } from "./write-lines.js";

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
          "In the order in which they changed here: one that changes meanwhile comes again. The last cursor gives what changes later. A page has fewer records than `limit` where they are large (8 MiB in all): look at `hasMore`. As NDJSON, all of them to the end, whatever the limit.",
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

  await app.register(async (inner) => {
    const scope = inner.withTypeProvider<ZodTypeProvider>();
    scope.addContentTypeParser(ndjsonMediaType, readWriteLines);
    scope.post(
      "/v1/connectors/:id/records",
      {
        bodyLimit: writeLimit,
        config: { lines: writeSchema },
        schema: {
          tags: ["syncs"],
          summary: "Write records to the vendor",
          description:
            "Answered when they are noted; an operation run writes them, with an outcome for each record: `GET /v1/operation-runs/{id}/records`. The records here stay as they are until a sync reads what was written. As `application/x-ndjson`, each line is one of `records`, and `entity` and `policy` stand in the query.",
          operationId: "writeRecords",
          params: idParametersSchema,
          querystring: writeQuerySchema,
          body: writeRecordsSchema,
          response: { 202: operationRunSchema, ...problemResponses },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const run = await writeRecords(services, callerOf(request), id, request.body).catch((error: unknown) => {
          throw sendsNdjson(request) ? namedByLine(error) : error;
        });
        reply.code(202).header("location", `/v1/operation-runs/${run.id}`);
        return run;
      },
    );
  });
};
