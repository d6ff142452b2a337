import { ConnectorError, readAnswer } from "@isthmus/core";
import { z } from "zod";
import type { SalesforceApi } from "../api.js";
import { dataPathPattern } from "../names.js";
import type { BulkJobs } from "./jobs.js";
import { PageBody } from "./page-body.js";

/** The first version with `resultPages`. */
const parallelSince = 58;

// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_parallel_job_results.htm
// Its table says nextRecordUrl, its example nextRecordsUrl.
const pathSchema = z.string().regex(dataPathPattern);
const resultPagesSchema = z.looseObject({
  resultPages: z.array(z.looseObject({ resultUrl: pathSchema })),
  nextRecordUrl: pathSchema.nullish(),
  nextRecordsUrl: pathSchema.nullish(),
  done: z.boolean(),
});

/** How pages are read. */
export interface PageOptions {
  /** Rows of a page; where each page is then stands in the one before. Default: Salesforce's choice. */
  readonly maxRecords?: number;
  /** Pages that are asked for at once, the one that is read included. Default 3; 1 asks for nothing ahead. */
  readonly parallelPages?: number;
}

/**
 * The pages of a query's result, in order. While one is read, the next ones are asked for; of each no more than a connection
 * holds is taken in before its turn.
 */
export async function* readPages(
  api: SalesforceApi,
  jobs: BulkJobs,
  jobId: string,
  { maxRecords, parallelPages = 3 }: PageOptions,
  signal: AbortSignal,
): AsyncGenerator<PageBody, void> {
  const isParallel = maxRecords === undefined && parallelPages > 1 && versionOf(api) >= parallelSince;
  let latest: PageBody | undefined;
  const toPath = (locator?: string) => withQuery(jobs.path(jobId, "results"), { locator, maxRecords });
  const paths = isParallel ? listedPaths(api, jobs, jobId, signal) : followedPaths(toPath, async () => latest?.head());
  const limit = isParallel ? parallelPages : Math.min(parallelPages, 2);
  const ahead: PageBody[] = [];
  try {
    for (;;) {
      while (ahead.length < limit) {
        const { value: path, done } = await paths.next();
        if (done) break;
        latest = new PageBody(api, { path, name: "bulk.query.results", isPaged: true, signal });
        ahead.push(latest);
      }
      const [page] = ahead;
      if (page === undefined) return;
      yield page;
      ahead.shift();
    }
  } finally {
    await Promise.all(ahead.map((page) => page.discard()));
  }
}

/** Each page says in its headers where the next one is. */
async function* followedPaths(
  toPath: (locator?: string) => string,
  latestHead: () => Promise<{ readonly locator: string | undefined } | undefined>,
): AsyncGenerator<string, void> {
  const followed = new Set<string>();
  yield toPath();
  for (;;) {
    const locator = (await latestHead())?.locator;
    if (locator === undefined) return;
    if (followed.has(locator)) throw leadsBack();
    followed.add(locator);
    yield toPath(locator);
  }
}

/** Salesforce lists where the pages are, five at a time. */
async function* listedPaths(
  api: SalesforceApi,
  jobs: BulkJobs,
  jobId: string,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const followed = new Set<string>();
  let list = jobs.path(jobId, "resultPages");
  for (;;) {
    const response = await api.send({ name: "bulk.query.resultPages", method: "GET", path: list, signal });
    const { resultPages, done, ...next } = readAnswer(response, resultPagesSchema, "a list of result pages");
    for (const { resultUrl } of resultPages) {
      if (followed.has(resultUrl)) throw leadsBack();
      followed.add(resultUrl);
      yield resultUrl;
    }
    if (done) return;
    const path = next.nextRecordsUrl ?? next.nextRecordUrl;
    if (!path) throw new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce has more pages and does not say where.");
    if (followed.has(path)) throw leadsBack();
    followed.add(path);
    list = path;
  }
}

function versionOf({ dataPath }: SalesforceApi): number {
  return Number(/\/v(\d+)\.\d+$/.exec(dataPath)?.[1]);
}

function withQuery(path: string, values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? path : `${path}?${query}`;
}

function leadsBack(): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce's pages lead back to one that was read already.");
}
