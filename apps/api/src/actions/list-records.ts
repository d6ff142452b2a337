import { ValidationError } from "@isthmus/core";
import { z } from "zod";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { assertPlainInput } from "../plugins/plain-input.js";
import type { RecordFilter, RecordRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { findConnector } from "./find-connector.js";

/** What a caller asks of a connector's records. */
export interface ListRecordsRequest {
  readonly entity: string;
  readonly limit: number;
  /** `nextCursor` of the page before, or of the last page of an earlier reading: what changed since follows. */
  readonly cursor?: string | undefined;
  /** ISO 8601: what changed here after it only. */
  readonly since?: string | undefined;
  /** Fields with the values that the data has to have: JSON. */
  readonly filter?: string | undefined;
  readonly withDeleted: boolean;
}

const filterSchema = z.preprocess(parseJson, z.record(z.string(), z.json()));

/** Records that are read at once for an export. */
const exportPage = 500;

/** A record as it is answered. */
function viewRecord({ externalId, data, version, modifiedAt, deleted, updatedAt }: RecordRow) {
  return {
    id: externalId,
    version,
    deleted,
    modifiedAt: modifiedAt?.toISOString() ?? null,
    updatedAt: updatedAt.toISOString(),
    data,
  };
}

/** See {@link viewRecord}. */
export type RecordView = ReturnType<typeof viewRecord>;

/** A page of records. */
export interface RecordPage {
  readonly data: RecordView[];
  readonly nextCursor: string | null;
  /** Whether more is there already. */
  readonly hasMore: boolean;
}

/**
 * Records of an entity as they were last read, in the order in which they changed here. A record that changes while somebody
 * pages through comes again at its new place: nothing is missed. The last page has a cursor, too: it gives what changes later.
 *
 * @throws {ConnectorError} `NOT_FOUND`; `VALIDATION_FAILED` for a cursor that no list gave, or a filter that is no JSON object.
 */
export async function listRecords(
  services: Services,
  caller: Caller,
  connectorId: string,
  request: ListRecordsRequest,
): Promise<RecordPage> {
  await assertReadable(services, caller, connectorId);
  return readPage(services, caller.tenantId, toFilter(connectorId, request), request);
}

/**
 * {@link listRecords} to the end, a page at a time as fast as they are taken: no transaction stays open in between.
 *
 * @throws {ConnectorError} before the first record, as {@link listRecords}.
 */
export async function* exportRecords(
  services: Services,
  caller: Caller,
  connectorId: string,
  request: Omit<ListRecordsRequest, "limit">,
): AsyncIterable<RecordView> {
  await assertReadable(services, caller, connectorId);
  const filter = toFilter(connectorId, request);
  for (let cursor = request.cursor; ; ) {
    const page = await readPage(services, caller.tenantId, filter, { cursor, limit: exportPage });
    yield* page.data;
    if (!page.hasMore || page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}

async function assertReadable(services: Services, caller: Caller, connectorId: string): Promise<void> {
  await assertAllowed(services, caller, "records.read");
  await findConnector(services, caller.tenantId, connectorId);
}

async function readPage(
  { database }: Services,
  tenantId: string,
  filter: RecordFilter,
  { cursor, limit }: Pick<ListRecordsRequest, "cursor" | "limit">,
): Promise<RecordPage> {
  const place = cursor === undefined ? {} : { afterVersion: readCursor(cursor) };
  const { rows, hasMore } = await database.asTenant(tenantId, ({ records }) =>
    records.list({ ...filter, ...place }, limit),
  );
  const last = rows.at(-1)?.version;
  return {
    data: rows.map(viewRecord),
    nextCursor: last === undefined ? (cursor ?? null) : Buffer.from(`v${last}`).toString("base64url"),
    hasMore,
  };
}

function toFilter(
  connectorId: string,
  { entity, withDeleted, since, filter }: Omit<ListRecordsRequest, "limit">,
): RecordFilter {
  return {
    connectorId,
    entity,
    withDeleted,
    ...(since !== undefined && { since: new Date(since) }),
    ...(filter !== undefined && { contains: readFilter(filter) }),
  };
}

function readFilter(filter: string): object {
  const fields = filterSchema.safeParse(filter);
  if (fields.success) {
    // What its escapes stand for is seen only now.
    assertPlainInput({ filter: fields.data });
    return fields.data;
  }
  throw new ValidationError("The filter is not a JSON object.", [
    { path: "filter", message: 'Fields with their values, such as {"Industry":"Energy"}.' },
  ]);
}

function readCursor(cursor: string): string {
  const version = /^v(\d{1,18})$/.exec(Buffer.from(cursor, "base64url").toString("utf8"))?.[1];
  if (version !== undefined) return version;
  throw new ValidationError("The cursor is not one that a list gave.", [
    { path: "cursor", message: "Hand back `nextCursor` as it was answered." },
  ]);
}

function parseJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined; // which is no object
  }
}
