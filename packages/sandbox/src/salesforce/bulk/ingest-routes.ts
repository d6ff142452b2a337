import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { readMultipart } from "../../shared/multipart.js";
import { sendJson } from "../../shared/sandbox-server.js";
import { SalesforceError } from "../errors.js";
import type { SalesforceState } from "../state.js";
import { advanceJob } from "./advance-job.js";
import { type ResultKind, resultLines } from "./ingest-results.js";
import { externalIdOf } from "./ingest-row.js";
import { describeJob, describeJobFully, type IngestJob, isEnded } from "./job.js";
import { invalidJob, readCsvForm, readIngestWish, readJobRequest } from "./job-request.js";
import { invalidJobState, notAbortable } from "./job-store.js";
import { sendCsv } from "./send-csv.js";
import { storeUpload } from "./upload.js";

interface JobPath {
  id: string;
}

/** Characters of CSV that may come along with the request that makes the job. */
const maximumInlineLength = 100_000;

/** Adds the jobs that write: making, uploading, closing, watching and deleting them, and their results. */
export function addIngestRoutes(api: FastifyInstance, state: SalesforceState): void {
  api.post("/jobs/ingest", async (request, reply) => {
    const parts = readParts(request);
    const job = createJob(request, state, readJobRequest(parts.job));
    if (parts.content !== undefined) await takeInline(state, job, parts.content);
    state.bulk.add(job);
    return sendJson(reply, 200, describeJob(job));
  });
  api.put<{ Params: JobPath }>("/jobs/ingest/:id/batches", async (request, reply) => {
    const job = state.bulk.ingestJob(request.params.id);
    await takeUpload(state, job, request);
    return reply.code(201).send();
  });
  api.patch<{ Params: JobPath }>("/jobs/ingest/:id", async (request, reply) => {
    const job = state.bulk.ingestJob(request.params.id);
    changeState(state, job, readJobRequest(request.body).state);
    return sendJson(reply, 200, describeJob(job));
  });
  api.get<{ Params: JobPath }>("/jobs/ingest/:id", async (request, reply) => {
    const job = state.bulk.ingestJob(request.params.id);
    await advanceJob(state, job);
    return sendJson(reply, 200, describeJobFully(job));
  });
  api.delete<{ Params: JobPath }>("/jobs/ingest/:id", async (request, reply) => {
    state.bulk.delete(state.bulk.ingestJob(request.params.id));
    return reply.code(204).send();
  });
  for (const kind of ["successfulResults", "failedResults", "unprocessedrecords"] satisfies ResultKind[]) {
    api.get<{ Params: JobPath }>(`/jobs/ingest/:id/${kind}`, async (request, reply) => {
      const job = state.bulk.ingestJob(request.params.id);
      if (!isEnded(job)) throw invalidJobState(`Results are not available: the job is in state ${job.state}`);
      return sendCsv(request, reply, resultLines(job, kind));
    });
  }
}

function readParts(request: FastifyRequest): { job: unknown; content: Buffer | undefined } {
  if (!Buffer.isBuffer(request.body)) return { job: request.body, content: undefined };
  const parts = readMultipart(request.body, String(request.headers["content-type"])) ?? [];
  const job = parts.find(({ name }) => name === "job");
  const content = parts.find(({ name }) => name === "content");
  if (job === undefined || content === undefined) throw invalidJob("A multipart request has the parts job and content");
  if (content.content.toString("utf8").length > maximumInlineLength) {
    throw invalidJob(`The content of a multipart request has at most ${maximumInlineLength} characters`);
  }
  return { job: job.content.toString("utf8"), content: content.content };
}

function createJob(request: FastifyRequest, state: SalesforceState, wish: Record<string, unknown>): IngestJob {
  const { object, operation } = readIngestWish(wish);
  const externalIdName = typeof wish.externalIdFieldName === "string" ? wish.externalIdFieldName : undefined;
  return {
    kind: "ingest",
    id: state.bulk.nextId(),
    object,
    operation,
    externalId: externalIdOf({ object, operation }, externalIdName),
    ...readCsvForm(wish),
    version: request.salesforceVersion,
    createdById: request.salesforceUserId,
    createdAt: state.clock(),
    modifiedAt: state.clock(),
    submittedAt: 0,
    state: "Open",
    polls: 0,
    work: Promise.resolve(),
    errorMessage: undefined,
    upload: undefined,
    uploading: undefined,
    run: undefined,
  };
}

/** With the content in it the request is the whole job: it need not be closed. */
async function takeInline(state: SalesforceState, job: IngestJob, content: Buffer): Promise<void> {
  job.upload = await storeUpload(Readable.from([content]), state.settings.bulkUploadBytes, false);
  job.state = "UploadComplete";
  job.submittedAt = state.clock();
}

async function takeUpload(state: SalesforceState, job: IngestJob, request: FastifyRequest): Promise<void> {
  const { body, headers } = request;
  if (!(body instanceof Readable)) {
    throw new SalesforceError(400, "INVALID_CONTENT_TYPE", "Send the data with the content type text/csv");
  }
  // An upload that was cut off may take a moment to end; the next one shall not be refused for it.
  while (job.uploading !== undefined) await job.uploading;
  assertOpen(job);
  if (job.upload !== undefined) throw invalidJobState("Found multiple contents for job: only one upload is allowed");
  const { promise, resolve } = Promise.withResolvers<void>();
  job.uploading = promise;
  try {
    const upload = await storeUpload(body, state.settings.bulkUploadBytes, headers["content-encoding"] === "gzip");
    if (job.state !== "Open") upload.discard();
    assertOpen(job);
    job.upload = upload;
    job.modifiedAt = state.clock();
  } finally {
    job.uploading = undefined;
    resolve();
  }
}

function assertOpen(job: IngestJob): void {
  if (job.state === "Open") return;
  throw invalidJobState(`Data can be uploaded to an open job only, not in state ${job.state}`);
}

function changeState(state: SalesforceState, job: IngestJob, wanted: unknown): void {
  if (wanted === "UploadComplete") {
    if (job.state !== "Open") throw invalidJobState("Closing already closed Job not allowed");
    if (job.uploading !== undefined) throw invalidJobState("Data is still being uploaded");
    job.submittedAt = state.clock();
  } else if (wanted === "Aborted") {
    if (isEnded(job)) throw notAbortable(job);
    void job.run?.pieces.return(undefined);
  } else throw invalidJob(`Unsupported state: ${String(wanted)}`);
  job.state = wanted;
  job.modifiedAt = state.clock();
}
