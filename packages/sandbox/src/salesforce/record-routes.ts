import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendJson } from "../shared/sandbox-server.js";
import { parseRecord, type RecordInput } from "./data/record-input.js";
import { invalidField, notFound, SalesforceError } from "./errors.js";
import { renderRecord } from "./render-record.js";
import type { FieldDefinition, ObjectDefinition, Row } from "./schema/definitions.js";
import { findField, findObject } from "./schema/schema.js";
import type { SalesforceState } from "./state.js";

interface ObjectPath {
  object: string;
}
interface RecordPath extends ObjectPath {
  id: string;
}
interface KeyPath extends ObjectPath {
  field: string;
  value: string;
}
interface FieldsQuery {
  fields?: string;
}

/** Adds creating, reading, changing and deleting single records, by id and by external id. */
export function addRecordRoutes(api: FastifyInstance, state: SalesforceState): void {
  api.post<{ Params: ObjectPath }>("/sobjects/:object", async (request, reply) => {
    const row = state.records.create(writableOf(request.params.object), inputOf(request), request.salesforceUserId);
    reply.header("location", recordUrl(request, objectOf(request.params.object), row));
    return sendJson(reply, 201, { id: row.Id, success: true, errors: [] });
  });
  api.get<{ Params: RecordPath; Querystring: FieldsQuery }>("/sobjects/:object/:id", async (request, reply) => {
    const object = objectOf(request.params.object);
    return sendRecord(request, reply, object, state.records.read(object, request.params.id), request.query.fields);
  });
  api.patch<{ Params: RecordPath }>("/sobjects/:object/:id", async (request, reply) => {
    const object = writableOf(request.params.object);
    state.records.update(object, request.params.id, inputOf(request), request.salesforceUserId);
    return reply.code(204).send();
  });
  api.delete<{ Params: RecordPath }>("/sobjects/:object/:id", async (request, reply) => {
    state.records.remove(writableOf(request.params.object), request.params.id, request.salesforceUserId);
    return reply.code(204).send();
  });
  addExternalIdRoutes(api, state);
}

function addExternalIdRoutes(api: FastifyInstance, state: SalesforceState): void {
  const url = "/sobjects/:object/:field/:value";
  api.get<{ Params: KeyPath; Querystring: FieldsQuery }>(url, async (request, reply) => {
    const { object, field } = keyOf(request.params);
    const rows = state.records.findByExternalId(object, field, request.params.value);
    if (rows.length > 1) return sendChoices(request, reply, object, rows);
    if (rows[0] === undefined) throw notFound();
    return sendRecord(request, reply, object, rows[0], request.query.fields);
  });
  api.patch<{ Params: KeyPath }>(url, async (request, reply) => {
    const { object, field } = keyOf(request.params);
    const rows = state.records.findByExternalId(object, field, request.params.value);
    if (rows.length > 1) return sendChoices(request, reply, object, rows);
    const key = { field, value: request.params.value };
    const result = state.records.upsert(object, key, rows[0] ?? null, inputOf(request), request.salesforceUserId);
    // Since v46 an update is told with a body as well; before that it was an empty 204.
    if (!result.created && request.salesforceVersion < 46) return reply.code(204).send();
    const body = { id: result.row.Id, success: true, errors: [], created: result.created };
    return sendJson(reply, result.created ? 201 : 200, body);
  });
  api.delete<{ Params: KeyPath }>(url, async (request, reply) => {
    const { object, field } = keyOf(request.params);
    const rows = state.records.findByExternalId(object, field, request.params.value);
    if (rows.length > 1) return sendChoices(request, reply, object, rows);
    if (rows[0] === undefined) throw notFound();
    state.records.remove(object, String(rows[0].Id), request.salesforceUserId);
    return reply.code(204).send();
  });
}

function objectOf(name: string): ObjectDefinition {
  const object = findObject(name);
  if (object === undefined) throw notFound();
  return object;
}

function writableOf(name: string): ObjectDefinition {
  const object = objectOf(name);
  if (object.writable) return object;
  throw new SalesforceError(
    400,
    "INVALID_TYPE_FOR_OPERATION",
    `entity type ${object.name} does not support this operation`,
  );
}

function keyOf(params: KeyPath): { object: ObjectDefinition; field: FieldDefinition } {
  const object = objectOf(params.object);
  const field = findField(object, params.field);
  if (field === undefined || !field.externalId) {
    throw notFound(`Provided external ID field does not exist or is not accessible: ${params.field}`);
  }
  return { object, field };
}

function inputOf(request: FastifyRequest): RecordInput {
  return parseRecord(typeof request.body === "string" ? request.body : "");
}

function sendRecord(
  request: FastifyRequest,
  reply: FastifyReply,
  object: ObjectDefinition,
  row: Row,
  fieldList: string | undefined,
): FastifyReply {
  const names = fieldList?.split(",").map((name) => name.trim());
  const fields = names?.map((name) => {
    const field = findField(object, name);
    if (field === undefined) throw invalidField(`No such column '${name}' on sobject of type ${object.name}`);
    return field;
  });
  // Id always comes along, asked for or not.
  const chosen = fields === undefined ? object.fields : [...new Set([...fields, ...object.fields.slice(0, 1)])];
  return sendJson(reply, 200, renderRecord(object, row, chosen, request.salesforceVersion));
}

function sendChoices(
  request: FastifyRequest,
  reply: FastifyReply,
  object: ObjectDefinition,
  rows: Row[],
): FastifyReply {
  return sendJson(
    reply,
    300,
    rows.map((row) => recordUrl(request, object, row)),
  );
}

function recordUrl(request: FastifyRequest, object: ObjectDefinition, row: Row): string {
  return `/services/data/v${request.salesforceVersion}.0/sobjects/${object.name}/${String(row.Id)}`;
}
