import type { FastifyInstance, FastifyRequest } from "fastify";
import { sendJson } from "../shared/sandbox-server.js";
import { companyOf, envelopeTime } from "./company-request.js";
import { type EntityDefinition, findEntity } from "./data/entities.js";
import type { JsonObject } from "./data/records.js";
import { unsupportedObject, unsupportedOperation } from "./errors.js";
import { renderRecord } from "./render-record.js";
import { sendOnce } from "./replay.js";
import { jsonOf } from "./request-body.js";
import type { Company, QuickbooksState } from "./state.js";

interface RecordQuery {
  operation?: string;
  include?: string;
}

/** Adds creating, reading, changing, voiding and deleting of single records. */
export function addRecordRoutes(api: FastifyInstance, state: QuickbooksState): void {
  api.post<{ Params: { entity: string }; Querystring: RecordQuery }>("/:entity", async (request, reply) => {
    const company = companyOf(request);
    return sendOnce(
      request,
      reply,
      company,
      () => envelopeTime(state),
      () => writeRecord(state, company, entityOf(request.params.entity), jsonOf(request), request.query),
    );
  });
  api.get<{ Params: { entity: string } }>("/:entity", async (request, reply) => {
    const definition = entityOf(request.params.entity);
    if (definition.kind !== "singleton") throw unsupportedOperation(`${definition.name} must be read by id or query.`);
    return sendJson(reply, 200, readRecord(state, request, definition, "1"));
  });
  api.get<{ Params: { entity: string; id: string } }>("/:entity/:id", async (request, reply) =>
    sendJson(reply, 200, readRecord(state, request, entityOf(request.params.entity), request.params.id)),
  );
}

/**
 * Does what a POST of a record asks for.
 *
 * @returns the record, or what is left of it, under the entity's name.
 * @throws {QuickbooksFault} for whatever the rules refuse.
 */
export function writeRecord(
  state: QuickbooksState,
  company: Company,
  definition: EntityDefinition,
  input: JsonObject,
  query: RecordQuery,
): JsonObject {
  const includes = (query.include ?? "").toLowerCase().split(",");
  const options = { allowDuplicateDocNumber: includes.includes("allowduplicatedocnum") };
  const operation = includes.includes("void") ? "void" : (query.operation ?? "").toLowerCase();
  if (operation === "delete") return { [definition.name]: company.service.delete(definition, input) };
  const record =
    operation === "void"
      ? company.service.void(definition, input)
      : operation === "update" || (operation === "" && input.Id !== undefined)
        ? company.service.update(definition, input, options)
        : operation === "" || operation === "create"
          ? company.service.create(definition, input, options)
          : undefined;
  if (record === undefined) throw unsupportedOperation(`Operation ${operation} is not supported.`);
  return { [definition.name]: renderRecord(state, company, definition, record) };
}

/** Finds an entity by its part of the path. @throws {QuickbooksFault} 2000 for one that does not exist. */
export function entityOf(name: string): EntityDefinition {
  const definition = findEntity(name);
  if (definition === undefined) throw unsupportedObject(name);
  return definition;
}

function readRecord(
  state: QuickbooksState,
  request: FastifyRequest,
  definition: EntityDefinition,
  id: string,
): JsonObject {
  const company = companyOf(request);
  // A company's information is asked for by the realm, and has the id 1.
  const isOwn = definition.kind === "singleton" && id === company.realmId;
  const record = company.service.read(definition, isOwn ? "1" : id);
  return { [definition.name]: renderRecord(state, company, definition, record), time: envelopeTime(state) };
}
