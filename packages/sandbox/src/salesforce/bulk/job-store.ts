import { BoundedMap } from "../../shared/bounded-map.js";
import type { Clock } from "../../shared/clock.js";
import { notFound, SalesforceError } from "../errors.js";
import { makeId } from "../ids.js";
import { type IngestJob, isEnded, type QueryJob } from "./job.js";

/** Salesforce keeps a job for seven days. */
const keptMs = 7 * 24 * 60 * 60 * 1000;

const rowsPerBatch = 10_000;
const dayMs = 24 * 60 * 60 * 1000;

/** What the jobs of the last 24 hours used of an organisation's allowance. */
export interface BulkUsage {
  /** Query jobs that were made. */
  queryJobs: number;
  /** Batches of 10 000 rows that jobs which write were cut into. */
  batches: number;
}

/** The jobs of both kinds: the last 2 000 of each. */
export class BulkJobs {
  readonly #clock: Clock;
  readonly #ingest = new BoundedMap<string, IngestJob>(2_000, (_id, job) => discard(job));
  readonly #query = new BoundedMap<string, QueryJob>(2_000);
  #used: (BulkUsage & { at: number })[] = [];
  #sequence = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The id of the next job. */
  nextId(): string {
    this.#sequence += 1;
    return makeId("750", this.#sequence);
  }

  add(job: IngestJob | QueryJob): void {
    if (job.kind === "ingest") this.#ingest.set(job.id, job);
    else {
      this.#query.set(job.id, job);
      this.#use({ queryJobs: 1, batches: 0 });
    }
  }

  /** Counts the rows of a job that begins to write them. */
  countRows(rows: number): void {
    this.#use({ queryJobs: 0, batches: Math.ceil(rows / rowsPerBatch) });
  }

  /** What was used in the last 24 hours, by the clock. Deleting a job gives nothing back. */
  usedToday(): BulkUsage {
    const since = this.#clock() - dayMs;
    this.#used = this.#used.filter(({ at }) => at > since);
    const sum = (part: keyof BulkUsage): number => this.#used.reduce((total, used) => total + used[part], 0);
    return { queryJobs: sum("queryJobs"), batches: sum("batches") };
  }

  /** @throws {SalesforceError} 404 for one that never was, was deleted, or is older than seven days. */
  ingestJob(id: string): IngestJob {
    const job = this.#ingest.get(id);
    if (job === undefined || this.#isOld(job)) throw notFound();
    return job;
  }

  /** @throws {SalesforceError} 404 as above. */
  queryJob(id: string): QueryJob {
    const job = this.#query.get(id);
    if (job === undefined || this.#isOld(job)) throw notFound();
    return job;
  }

  /** The jobs of a kind that are still kept, the newest first. */
  list(kind: "ingest" | "query"): (IngestJob | QueryJob)[] {
    const jobs = kind === "ingest" ? [...this.#ingest.values()] : [...this.#query.values()];
    return jobs.filter((job) => !this.#isOld(job)).reverse();
  }

  /** @throws {SalesforceError} while the job is open or being worked on. */
  delete(job: IngestJob | QueryJob): void {
    const waits = job.kind === "ingest" && job.state === "UploadComplete";
    if (!isEnded(job) && !waits) {
      const message = "Error encountered when deleting the job because the job is not terminated";
      throw new SalesforceError(400, "API_ERROR", message);
    }
    if (job.kind === "ingest") discard(job);
    this.#ingest.delete(job.id);
    this.#query.delete(job.id);
  }

  /** Forgets all jobs and deletes their files. */
  clear(): void {
    for (const job of this.#ingest.values()) discard(job);
    this.#ingest.clear();
    this.#query.clear();
    this.#used = [];
  }

  #use(used: BulkUsage): void {
    this.#used.push({ ...used, at: this.#clock() });
  }

  #isOld(job: { createdAt: number }): boolean {
    return this.#clock() - job.createdAt > keptMs;
  }
}

/** Deletes the file of a job and closes it. */
function discard(job: IngestJob): void {
  void job.run?.pieces.return(undefined);
  job.upload?.discard();
}

/** 400: the job's state does not allow it. */
export function invalidJobState(message: string): SalesforceError {
  return new SalesforceError(400, "INVALIDJOBSTATE", message);
}

/** 400: nothing is left to abort. */
export function notAbortable(job: { state: string }): SalesforceError {
  const word = job.state === "JobComplete" ? "Completed" : job.state;
  return invalidJobState(`Aborting already ${word} Job not allowed`);
}
