import type { SalesforceState } from "../state.js";
import { BadCsvError } from "./csv-reader.js";
import { openRun, processRows } from "./ingest-run.js";
import { type IngestJob, isEnded, type QueryJob } from "./job.js";
import { findRows } from "./query-rows.js";

/** Rows that one look at a job moves it by at most, so that an answer never takes long. */
const rowsPerPoll = 200_000;

/** Moves a job on by one look at it. Looks that come at once wait for each other. */
export function advanceJob(state: SalesforceState, job: IngestJob | QueryJob): Promise<void> {
  job.work = job.work.then(() => advance(state, job));
  return job.work;
}

async function advance(state: SalesforceState, job: IngestJob | QueryJob): Promise<void> {
  if (job.state === "Open" || isEnded(job)) return;
  job.polls += 1;
  const share = shareDone(state, job);
  job.modifiedAt = state.clock();
  job.state = "InProgress";
  try {
    if (job.kind === "query") advanceQuery(state, job, share);
    else await advanceIngest(state, job, share);
  } catch (error) {
    if (!(error instanceof BadCsvError)) throw error;
    job.state = "Failed";
    if (job.kind === "ingest") job.errorMessage = error.message;
  }
}

async function advanceIngest(state: SalesforceState, job: IngestJob, share: number): Promise<void> {
  if (job.run === undefined) {
    job.run = await openRun(job);
    state.bulk.countRows(job.run.total);
  }
  const { run } = job;
  const goal = Math.floor(run.total * share);
  const failsAt = state.settings.bulkFailAfterRows;
  const most = failsAt === 0 ? goal : Math.min(goal, failsAt);
  await processRows(state, job, run, Math.min(most, run.outcomes.length + rowsPerPoll));
  if (failsAt > 0 && run.outcomes.length >= failsAt && run.total > failsAt) {
    throw new BadCsvError("InternalServerError : The batch could not be processed after 10 retries");
  }
  // Abort may have come in between.
  if (share === 1 && run.outcomes.length >= run.total && job.state === "InProgress") job.state = "JobComplete";
}

function advanceQuery(state: SalesforceState, job: QueryJob, share: number): void {
  job.rows ??= findRows(state, job);
  job.processed = Math.floor(job.rows.count * share);
  if (share === 1) job.state = "JobComplete";
}

/** How much of a job may be done by now, from 0 to 1: by the looks at it and by the time. */
function shareDone(state: SalesforceState, job: IngestJob | QueryJob): number {
  const { bulkPollsUntilComplete, bulkProcessingMs } = state.settings;
  const byPolls = job.polls / (bulkPollsUntilComplete + 1);
  const byTime = bulkProcessingMs === 0 ? 1 : (state.clock() - job.submittedAt) / bulkProcessingMs;
  return Math.max(0, Math.min(1, byPolls, byTime));
}
