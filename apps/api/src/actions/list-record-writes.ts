import { ValidationError } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import type { RecordWriteRow, StoredOutcome } from "../repositories/index.js";
import type { Services } from "../services.js";
import { findOperationRun } from "./get-operation-runs.js";
import type { ListAnswer, ListRequest } from "./paging.js";

/** Outcomes that are read at once for an export. */
const exportPage = 1_000;

/** What became of one record, as it is answered. */
function viewRecordWrite({ position, outcome, recordId, error }: RecordWriteRow) {
  return { index: position, outcome, id: recordId, error: error && { code: error.code, detail: error.detail } };
}

/** See {@link viewRecordWrite}. */
export type RecordWriteView = ReturnType<typeof viewRecordWrite>;

/** Which outcomes a caller asks for. */
export interface ListRecordWritesRequest extends ListRequest {
  readonly outcome?: StoredOutcome | undefined;
}

/**
 * What became of the records of a write-back so far, in the order of its request. Of another run: none.
 *
 * @throws {NotFoundError} also for another tenant's run.
 */
export async function listRecordWrites(
  services: Services,
  caller: Caller,
  runId: string,
  request: ListRecordWritesRequest,
): Promise<ListAnswer<RecordWriteView>> {
  await assertReadable(services, caller, runId);
  return readPage(services, caller.tenantId, runId, request);
}

/** {@link listRecordWrites} to the end, a page at a time as fast as they are taken. */
export async function* exportRecordWrites(
  services: Services,
  caller: Caller,
  runId: string,
  request: Omit<ListRecordWritesRequest, "limit">,
): AsyncIterable<RecordWriteView> {
  await assertReadable(services, caller, runId);
  for (let cursor = request.cursor; ; ) {
    const page = await readPage(services, caller.tenantId, runId, { ...request, cursor, limit: exportPage });
    yield* page.data;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}

async function assertReadable(services: Services, caller: Caller, runId: string): Promise<void> {
  await assertAllowed(services, caller, "operations.read");
  await findOperationRun(services, caller.tenantId, runId);
}

async function readPage(
  { database }: Services,
  tenantId: string,
  runId: string,
  { cursor, limit, outcome }: ListRecordWritesRequest,
): Promise<ListAnswer<RecordWriteView>> {
  const filter = { outcome, after: cursor === undefined ? undefined : readCursor(cursor) };
  const { rows, nextCursor } = await database.asTenant(tenantId, ({ recordWrites }) =>
    recordWrites.list(runId, filter, limit),
  );
  return {
    data: rows.map(viewRecordWrite),
    nextCursor: nextCursor === undefined ? null : Buffer.from(`w${nextCursor}`).toString("base64url"),
  };
}

function readCursor(cursor: string): number {
  const position = /^w(\d{1,9})$/.exec(Buffer.from(cursor, "base64url").toString("utf8"))?.[1];
  if (position !== undefined) return Number(position);
  throw new ValidationError("The cursor is not one that a list gave.", [
    { path: "cursor", message: "Hand back `nextCursor` as it was answered." },
  ]);
}
