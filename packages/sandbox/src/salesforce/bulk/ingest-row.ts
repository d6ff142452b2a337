import { assertRequired, checkRecord } from "../data/record-input.js";
import { SalesforceError } from "../errors.js";
import { makeId } from "../ids.js";
import { findField } from "../schema/schema.js";
import type { SalesforceState } from "../state.js";
import type { IngestJob, RowOutcome } from "./job.js";
import { measurement } from "./measurements.js";

/** Does to one record what the job is for. A failure is an outcome, too. */
export function ingestRecord(
  state: SalesforceState,
  job: IngestJob,
  record: Record<string, unknown>,
  index: number,
): RowOutcome {
  try {
    if (job.object === measurement) return passMeasurement(state, job, record, index);
    return writeRecord(state, job, record);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    return failedRow(error, record);
  }
}

/** The outcome of a row that was refused. */
export function failedRow(error: SalesforceError, record: Record<string, unknown>): RowOutcome {
  // A record that is not there is told in other words than in a URL.
  const missing = error.status === 404 && error.errorCode === "NOT_FOUND";
  const code = missing ? "INVALID_CROSS_REFERENCE_KEY" : error.errorCode;
  const message = missing ? "invalid cross reference id" : error.message;
  const fields = missing || error.fields === undefined ? "" : error.fields.join(", ");
  const id = typeof record.Id === "string" ? record.Id : "";
  return { id, created: false, error: `${code}:${message}:${fields}${fields === "" ? "" : " "}--` };
}

function writeRecord(state: SalesforceState, job: IngestJob, record: Record<string, unknown>): RowOutcome {
  const { records } = state;
  const { object, createdById: userId } = job;
  const { Id: id, ...values } = record;
  switch (job.operation) {
    case "insert":
      return done(String(records.create(object, { record, text: "" }, userId).Id), true);
    case "update":
      records.update(object, needId(id), { record: values, text: "" }, userId);
      return done(needId(id), false);
    case "delete":
      records.remove(object, needId(id), userId);
      return done(needId(id), false);
    case "hardDelete":
      state.store.purge(object, records.read(object, needId(id)), userId);
      return done(needId(id), false);
    case "upsert":
      return upsertRecord(state, job, record);
  }
}

function upsertRecord(state: SalesforceState, job: IngestJob, record: Record<string, unknown>): RowOutcome {
  const { object, externalId: field, createdById: userId } = job;
  if (field === undefined) throw missingArgument("External id field");
  const { [field.name]: key, ...values } = record;
  if (field.type === "id") {
    if (key === undefined || key === null)
      return done(String(state.records.create(object, { record: values, text: "" }, userId).Id), true);
    state.records.update(object, needId(key), { record: values, text: "" }, userId);
    return done(needId(key), false);
  }
  if (key === undefined || key === null) throw missingArgument(field.name);
  const value = String(key);
  const found = state.records.findByExternalId(object, field, value);
  if (found.length > 1) {
    const message = `${field.label}: more than one record found for external id field: [${found.map((row) => String(row.Id)).join(", ")}]`;
    throw new SalesforceError(400, "DUPLICATE_EXTERNAL_ID", message, []);
  }
  const { row, created } = state.records.upsert(
    object,
    { field, value },
    found[0] ?? null,
    { record: values, text: "" },
    userId,
  );
  return done(String(row.Id), created);
}

/** Checks a measurement as if it were kept. */
function passMeasurement(
  state: SalesforceState,
  job: IngestJob,
  record: Record<string, unknown>,
  index: number,
): RowOutcome {
  const made = makeId(measurement.keyPrefix, 900_000_000 + index);
  if (job.operation === "delete" || job.operation === "hardDelete") return done(needId(record.Id), false);
  const { Id: id, ...values } = record;
  const creates = job.operation !== "update";
  if (!creates) needId(id);
  if (job.operation === "upsert" && job.externalId !== undefined && record[job.externalId.name] === undefined) {
    throw missingArgument(job.externalId.name);
  }
  const checked = checkRecord(state.store, measurement, { record: values, text: "" }, creates ? "create" : "update");
  assertRequired(measurement, checked, creates ? "create" : "update");
  return done(creates ? made : needId(id), creates);
}

function done(id: string, created: boolean): RowOutcome {
  return { id, created, error: "" };
}

function needId(id: unknown): string {
  if (typeof id === "string" && id !== "") return id;
  throw missingArgument("Id");
}

function missingArgument(name: string): SalesforceError {
  return new SalesforceError(400, "MISSING_ARGUMENT", `${name} not specified`, []);
}

/** The field that an upsert matches by. @throws {SalesforceError} when it cannot be one. */
export function externalIdOf(
  job: Pick<IngestJob, "object" | "operation">,
  name: string | undefined,
): IngestJob["externalId"] {
  if (job.operation !== "upsert") return undefined;
  if (name === undefined) throw new SalesforceError(400, "INVALIDJOB", "External ID field is required for upsert");
  const field = findField(job.object, name);
  if (field !== undefined && (field.externalId || field.type === "id")) return field;
  throw new SalesforceError(
    400,
    "INVALIDJOB",
    `InvalidJob : Field name provided, ${name} is not an External ID or indexed field for ${job.object.name}`,
  );
}
