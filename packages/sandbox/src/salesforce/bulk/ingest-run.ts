import { SalesforceError } from "../errors.js";
import type { SalesforceState } from "../state.js";
import { BadCsvError, readCsv } from "./csv-reader.js";
import { createColumn } from "./ingest-columns.js";
import { failedRow, ingestRecord } from "./ingest-row.js";
import type { IngestJob, IngestRun, RowOutcome } from "./job.js";

/**
 * Reads the whole upload once: the header must be understood and every row be as long.
 *
 * @throws {BadCsvError} by which the job fails.
 */
export async function openRun(job: IngestJob): Promise<IngestRun> {
  const { upload } = job;
  if (upload === undefined || upload.bytes === 0)
    throw new BadCsvError("InvalidBatch : Records not found for this query");
  let header: string[] | undefined;
  let total = 0;
  for await (const rows of readCsv(upload.read(), job)) {
    header ??= rows[0]?.map((name) => name.trim());
    total += rows.length;
    const width = header?.length ?? 0;
    const odd = rows.find((row) => row.length !== width);
    if (odd !== undefined) {
      throw new BadCsvError(`InvalidBatch : Row has ${odd.length} columns, the header ${width}`);
    }
  }
  if (header === undefined) throw new BadCsvError("InvalidBatch : Header not found");
  const deleting = job.operation === "delete" || job.operation === "hardDelete";
  const other = header.find((name) => deleting && name.toLowerCase() !== "id");
  if (other !== undefined) throw new BadCsvError(`InvalidBatch : Field name not found : ${other}`);
  const columns = header.map((name) => createColumn(job.object, name));
  const pieces = readCsv(upload.read(), job);
  const first = await pieces.next();
  const waiting = first.done === true ? [] : first.value.slice(1);
  return { header, total: total - 1, outcomes: [], failed: 0, columns, pieces, waiting };
}

/** Rows that are written in one transaction, as Salesforce cuts its batches again. */
const rowsPerTransaction = 200;

/** Processes rows until `count` of them are done, or all. */
export async function processRows(
  state: SalesforceState,
  job: IngestJob,
  run: IngestRun,
  count: number,
): Promise<void> {
  while (run.outcomes.length < Math.min(count, run.total)) {
    if (run.waiting.length === 0) {
      const next = await run.pieces.next();
      if (next.done === true) return;
      run.waiting = next.value;
    }
    const rows = run.waiting.splice(0, Math.min(rowsPerTransaction, count - run.outcomes.length));
    // A row that fails changes nothing, so the others of its transaction stand.
    state.store.transaction(() => {
      for (const row of rows) {
        const outcome = processRow(state, job, run, row);
        if (outcome.error !== "") run.failed += 1;
        run.outcomes.push(outcome);
      }
    });
  }
}

function processRow(state: SalesforceState, job: IngestJob, run: IngestRun, row: readonly string[]): RowOutcome {
  const record: Record<string, unknown> = {};
  try {
    for (const [at, column] of run.columns.entries()) column(row[at] ?? "", record);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    return failedRow(error, record);
  }
  return ingestRecord(state, job, record, run.outcomes.length);
}
