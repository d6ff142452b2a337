import type { FastifyInstance, FastifyRequest } from "fastify";
import { sendJson } from "../../shared/sandbox-server.js";
import { notFound, SalesforceError } from "../errors.js";
import type { SalesforceState } from "../state.js";
import { advanceJob } from "./advance-job.js";
import { describeJob, describeJobFully, isEnded, type QueryJob, type QueryRows } from "./job.js";
import { invalidJob, readCsvForm, readJobRequest } from "./job-request.js";
import { notAbortable } from "./job-store.js";
import { planQuery, type QueryWish } from "./query-rows.js";
import { findPage, listPages, nextLocator, pageLines, type ResultQuery } from "./result-pages.js";
import { sendCsv } from "./send-csv.js";

interface JobPath {
  id: string;
}

const firstVersionWithPages = 58;

/** Adds the jobs that read: making, watching, aborting and deleting them, and the pages of their results. */
export function addQueryJobRoutes(api: FastifyInstance, state: SalesforceState): void {
  api.post("/jobs/query", async (request, reply) => {
    const job = createJob(request, state, readJobRequest(request.body));
    state.bulk.add(job);
    return sendJson(reply, 200, describeJob(job));
  });
  api.get<{ Params: JobPath }>("/jobs/query/:id", async (request, reply) => {
    const job = state.bulk.queryJob(request.params.id);
    await advanceJob(state, job);
    return sendJson(reply, 200, describeJobFully(job));
  });
  api.patch<{ Params: JobPath }>("/jobs/query/:id", async (request, reply) => {
    const job = state.bulk.queryJob(request.params.id);
    const wanted = readJobRequest(request.body).state;
    if (wanted !== "Aborted") throw invalidJob(`Unsupported state: ${String(wanted)}`);
    if (isEnded(job)) throw notAbortable(job);
    job.state = wanted;
    job.modifiedAt = state.clock();
    return sendJson(reply, 200, describeJob(job));
  });
  api.delete<{ Params: JobPath }>("/jobs/query/:id", async (request, reply) => {
    state.bulk.delete(state.bulk.queryJob(request.params.id));
    return reply.code(204).send();
  });
  addResultRoutes(api, state);
}

function addResultRoutes(api: FastifyInstance, state: SalesforceState): void {
  api.get<{ Params: JobPath; Querystring: ResultQuery }>("/jobs/query/:id/results", async (request, reply) => {
    const rows = finishedRows(state, request.params.id, request);
    // The guide's answer where there is nothing to give: a success without a body.
    if (rows === undefined) return reply.code(204).send();
    const page = findPage(request.query, rows, state.settings.bulkPageSize, request.salesforceVersion);
    reply.header("sforce-locator", nextLocator(page, rows, request.salesforceVersion));
    reply.header("sforce-numberofrecords", String(page.to - page.from));
    return sendCsv(request, reply, pageLines(page, rows));
  });
  api.get<{ Params: JobPath; Querystring: ResultQuery }>("/jobs/query/:id/resultPages", async (request, reply) => {
    const { salesforceVersion: version } = request;
    if (version < firstVersionWithPages) throw notFound();
    const rows = finishedRows(state, request.params.id, request);
    if (rows === undefined) return reply.code(204).send();
    const base = (request.url.split("?")[0] ?? "").replace(/\/resultPages$/, "");
    return sendJson(
      reply,
      200,
      listPages(base, findPage(request.query, rows, state.settings.bulkPageSize, version), rows, version),
    );
  });
}

function createJob(request: FastifyRequest, state: SalesforceState, wish: Record<string, unknown>): QueryJob {
  const { operation, query } = wish;
  if (operation !== "query" && operation !== "queryAll")
    throw invalidJob(`Unsupported operation: ${String(operation)}`);
  if (typeof query !== "string") throw invalidJob("A query job needs a query");
  const described: QueryWish = { operation, query, version: request.salesforceVersion, ...readCsvForm(wish) };
  const { scope } = planQuery(state, described);
  return {
    kind: "query",
    id: state.bulk.nextId(),
    object: scope.object,
    ...described,
    createdById: request.salesforceUserId,
    createdAt: state.clock(),
    modifiedAt: state.clock(),
    submittedAt: state.clock(),
    state: "UploadComplete",
    polls: 0,
    work: Promise.resolve(),
    rows: undefined,
    processed: 0,
  };
}

/** What a job found; `undefined` while, or because, there is no result. @throws {SalesforceError} 409 by another version. */
function finishedRows(state: SalesforceState, id: string, request: FastifyRequest): QueryRows | undefined {
  const job = state.bulk.queryJob(id);
  if (job.version !== request.salesforceVersion) {
    // The results are in the form of the version that the job was made with.
    throw new SalesforceError(409, "API_ERROR", `Use the API version of the job, ${job.version}.0`);
  }
  return job.state === "JobComplete" ? job.rows : undefined;
}
