import { writeRow } from "./csv-form.js";
import { readCsv } from "./csv-reader.js";
import type { IngestJob, RowOutcome } from "./job.js";

/** The three lists that a finished job gives. */
export type ResultKind = "successfulResults" | "failedResults" | "unprocessedrecords";

/** The lines of a list: what was uploaded, read again, with what became of it in front. */
export async function* resultLines(job: IngestJob, kind: ResultKind): AsyncGenerator<string> {
  const { run, upload } = job;
  if (run === undefined || upload === undefined) {
    // Nothing was understood of the upload, so nothing of it was processed, and it comes back as it was.
    if (kind === "unprocessedrecords" && upload !== undefined) yield* rawText(upload.read());
    return;
  }
  const extra = {
    successfulResults: ["sf__Id", "sf__Created"],
    failedResults: ["sf__Id", "sf__Error"],
    unprocessedrecords: [],
  };
  yield writeRow([...extra[kind], ...run.header], job);
  let index = -1;
  for await (const rows of readCsv(upload.read(), job)) {
    for (const row of rows) {
      const outcome = run.outcomes[index];
      if (index >= 0 && belongsTo(kind, outcome)) yield writeRow([...extraCells(kind, outcome), ...row], job);
      index += 1;
    }
  }
}

function belongsTo(kind: ResultKind, outcome: RowOutcome | undefined): boolean {
  if (outcome === undefined) return kind === "unprocessedrecords";
  return kind === (outcome.error === "" ? "successfulResults" : "failedResults");
}

function extraCells(kind: ResultKind, outcome: RowOutcome | undefined): string[] {
  if (outcome === undefined) return [];
  return [outcome.id, kind === "failedResults" ? outcome.error : String(outcome.created)];
}

async function* rawText(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of source) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}
