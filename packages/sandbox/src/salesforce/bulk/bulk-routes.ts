import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendJson } from "../../shared/sandbox-server.js";
import { SalesforceError } from "../errors.js";
import type { SalesforceState } from "../state.js";
import { addIngestRoutes } from "./ingest-routes.js";
import { describeJobFully } from "./job.js";
import { addQueryJobRoutes } from "./query-job-routes.js";

interface ListQuery {
  queryLocator?: string;
  isPkChunkingEnabled?: string;
}

/**
 * Adds Bulk API 2.0 below `/jobs`.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0.htm
 */
export function addBulkRoutes(api: FastifyInstance, state: SalesforceState): void {
  void api.register(async (bulk) => {
    // Uploads are handed on as the stream they are.
    bulk.addContentTypeParser("text/csv", (_request, payload, done) => done(null, payload));
    bulk.addContentTypeParser("multipart/form-data", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    bulk.addHook("onClose", async () => state.bulk.clear());
    addIngestRoutes(bulk, state);
    addQueryJobRoutes(bulk, state);
    bulk.get<{ Querystring: ListQuery }>("/jobs/ingest", async (request, reply) =>
      sendList(request, reply, state, "ingest"),
    );
    bulk.get<{ Querystring: ListQuery }>("/jobs/query", async (request, reply) =>
      sendList(request, reply, state, "query"),
    );
  });
}

function sendList(
  request: FastifyRequest<{ Querystring: ListQuery }>,
  reply: FastifyReply,
  state: SalesforceState,
  kind: "ingest" | "query",
): FastifyReply {
  const jobs = state.bulk.list(kind);
  const { queryLocator } = request.query;
  const at = queryLocator === undefined ? 0 : jobs.findIndex(({ id }) => id === queryLocator);
  if (at < 0) throw new SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
  const page = jobs.slice(at, at + state.settings.bulkJobsPerList);
  // A list names the first job of the next page, so that jobs made meanwhile do not shift it.
  const next = jobs[at + page.length];
  return sendJson(reply, 200, {
    done: next === undefined,
    records: page.map(describeJobFully),
    nextRecordsUrl:
      next === undefined ? null : `/services/data/v${request.salesforceVersion}.0/jobs/${kind}?queryLocator=${next.id}`,
  });
}
