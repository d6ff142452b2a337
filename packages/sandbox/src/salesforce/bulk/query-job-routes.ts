import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendJson } from "../../shared/sandbox-server.js";
import { notFound, SalesforceError } from "../errors.js";
import type { SalesforceState } from "../state.js";
import { advanceJob } from "./advance-job.js";
import { describeJob, describeJobFully, isEnded, type QueryJob, type QueryRows } from "./job.js";
import { invalidJob, readCsvForm, readJobRequest } from "./job-request.js";
import { invalidJobState } from "./job-store.js";
import { planQuery, type QueryWish } from "./query-rows.js";
import { sendCsv } from "./send-csv.js";

interface JobPath {
  id: string;
}
interface ResultQuery {
  locator?: string;
  maxRecords?: string;
}

/** Pages that one answer of `resultPages` names. */
const pagesPerAnswer = 5;

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
    if (isEnded(job)) throw invalidJobState(`Job can not be aborted in state ${job.state}`);
    job.state = wanted;
    job.modifiedAt = state.clock();
    return sendJson(reply, 200, describeJob(job));
  });
  api.delete<{ Params: JobPath }>("/jobs/query/:id", async (request, reply) => {
    state.bulk.delete(state.bulk.queryJob(request.params.id));
    return reply.code(204).send();
  });
  api.get<{ Params: JobPath; Querystring: ResultQuery }>("/jobs/query/:id/results", async (request, reply) => {
    const rows = finishedRows(state, request.params.id, request);
    return sendPage(request, reply, rows, pageOf(request.query, rows, state));
  });
  api.get<{ Params: JobPath; Querystring: ResultQuery }>("/jobs/query/:id/resultPages", async (request, reply) => {
    if (request.salesforceVersion < 58) throw notFound();
    const rows = finishedRows(state, request.params.id, request);
    return sendJson(reply, 200, listPages(request, rows, pageOf(request.query, rows, state)));
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

function finishedRows(state: SalesforceState, id: string, request: FastifyRequest): QueryRows {
  const job = state.bulk.queryJob(id);
  if (job.version !== request.salesforceVersion) {
    // The results are in the form of the version that the job was made with.
    throw new SalesforceError(409, "API_ERROR", `Use the API version of the job, ${job.version}.0`);
  }
  if (job.state !== "JobComplete" || job.rows === undefined) {
    throw invalidJobState(`Results are not available: the job is in state ${job.state}`);
  }
  return job.rows;
}

interface Page {
  from: number;
  size: number;
}

/** @throws {SalesforceError} for a locator that this result has never given. */
function pageOf(query: ResultQuery, rows: QueryRows, state: SalesforceState): Page {
  const size = query.maxRecords === undefined ? state.settings.bulkPageSize : Number(query.maxRecords);
  if (!Number.isInteger(size) || size < 1) {
    throw new SalesforceError(400, "INVALID_QUERY_PARAM_VALUE", "maxRecords must be a positive number");
  }
  if (query.locator === undefined) return { from: 0, size };
  const from = Number(Buffer.from(query.locator, "base64url").toString("latin1"));
  if (Number.isInteger(from) && from > 0 && from < rows.count) return { from, size };
  throw new SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
}

function locatorOf(from: number, rows: QueryRows): string {
  return from < rows.count ? Buffer.from(String(from)).toString("base64url") : "null";
}

function sendPage(request: FastifyRequest, reply: FastifyReply, rows: QueryRows, page: Page): FastifyReply {
  const to = Math.min(page.from + page.size, rows.count);
  reply.header("sforce-locator", locatorOf(to, rows));
  reply.header("sforce-numberofrecords", String(to - page.from));
  return sendCsv(request, reply, pageLines(rows, page.from, to));
}

function* pageLines(rows: QueryRows, from: number, to: number): Generator<string> {
  yield rows.header;
  for (let index = from; index < to; index += 1) yield rows.line(index);
}

function listPages(request: FastifyRequest, rows: QueryRows, page: Page): Record<string, unknown> {
  const base = (request.url.split("?")[0] ?? "").replace(/\/resultPages$/, "");
  const resultPages: { resultUrl: string }[] = [];
  let { from } = page;
  while (resultPages.length < pagesPerAnswer && (from < rows.count || from === 0)) {
    resultPages.push({ resultUrl: `${base}/results?${pageQuery(from, page.size, rows)}` });
    from += page.size;
  }
  const done = from >= rows.count;
  if (done) return { resultPages, done };
  return { resultPages, nextRecordsUrl: `${base}/resultPages?${pageQuery(from, page.size, rows)}`, done };
}

function pageQuery(from: number, size: number, rows: QueryRows): string {
  return `${from === 0 ? "" : `locator=${locatorOf(from, rows)}&`}maxRecords=${size}`;
}
