import { type ODataCall, type ODataResponse, versionHeader } from "./call.js";
import type { DoneWrite } from "./done-write.js";
import { malformed, ODataFailure, type ODataMessage, segmentNotFound } from "./failure.js";
import { respondEntity } from "./handle-read.js";
import type { EntityModel } from "./model/service-model.js";
import { callOperation } from "./operations.js";
import { Snapshot } from "./read-engine.js";
import { etagOf, isAmongEtags } from "./render/etag.js";
import { renderMessages } from "./render/render-messages.js";
import { emptyOptions, everythingOf } from "./render/render-v2.js";
import { renderKeys } from "./render/values.js";
import { type PathStep, parseResourcePath, type ResourcePath } from "./resource-path.js";
import type { EdmValue, Row } from "./rows.js";
import { readPayload } from "./write/payload.js";
import type { WriteContext } from "./write/writer.js";
import { writers } from "./write/writers.js";

/**
 * Does what a POST, PUT, PATCH, MERGE or DELETE asks, at once, so that the caller may undo it.
 *
 * @throws {ODataFailure}
 */
export function performWrite(call: ODataCall): DoneWrite {
  const path = parseResourcePath(call.service, call.path);
  const messages: ODataMessage[] = [];
  const context: WriteContext = { state: call.state, user: call.logon.user, language: call.logon.language, messages };
  const done = perform(call, path, context);
  const { warningOnWrite } = call.state.settings;
  if (warningOnWrite !== "") messages.push({ code: "ZSANDBOX/001", message: warningOnWrite, severity: "warning" });
  return {
    ...done,
    respond: async () => {
      const response = await done.respond();
      return { ...response, headers: { ...response.headers, ...renderMessages(call.service, messages) } };
    },
  };
}

function perform(call: ODataCall, path: ResourcePath, context: WriteContext): DoneWrite {
  if (path.kind === "operation") {
    if (path.operation.method !== call.method) throw notAllowed(call);
    if (path.steps.length > 0) assertMatch(call, path.steps, false);
    return callOperation(call, path, context);
  }
  if (path.kind !== "entities") throw notAllowed(call);
  if (call.method === "POST" && path.many && path.tail === undefined)
    return create(call, path.steps, path.entity, context);
  if (path.many || path.tail !== undefined) throw notAllowed(call);
  const row = assertMatch(call, path.steps, true);
  if (call.method === "DELETE") {
    const remove = writers[path.entity.type]?.remove;
    if (remove === undefined || !path.entity.deletable) throw notAllowed(call);
    remove(row, context);
    return { respond: async () => ({ status: 204, headers: versionHeader(call.service), body: "" }) };
  }
  if (!["PUT", "PATCH", "MERGE"].includes(call.method)) throw notAllowed(call);
  return update(call, path.entity, row, context);
}

function create(call: ODataCall, steps: PathStep[], entity: EntityModel, context: WriteContext): DoneWrite {
  const writer = writers[entity.type]?.create;
  if (writer === undefined || !entity.creatable) throw notAllowed(call);
  const payload = readPayload(call.service, entity, call.body);
  const last = steps.at(-1);
  // POST to a navigation: the parent's key is the child's.
  if (last?.navigation !== undefined) {
    const parent = findRow(call, steps.slice(0, -1));
    for (const [here, there] of last.navigation.on) payload.values[there] = parent[here] ?? null;
  }
  const keys = writer(payload, context);
  const sent = Object.keys(payload.nested);
  const createdPath = `${entity.set}(${renderKeys(entity.keys, keys)})`;
  return {
    createdPath,
    respond: async () => {
      const snapshot = new Snapshot(call.state);
      const row = findByKeys(snapshot, entity, keys);
      const options = { ...emptyOptions, ...everythingOf(call.service, entity, sent) };
      const response = await respondEntity(call, entity, row, options, snapshot, 201);
      return minimal(call, {
        ...response,
        headers: { ...response.headers, location: `${call.rootUrl}${createdPath}` },
      });
    },
  };
}

function update(call: ODataCall, entity: EntityModel, row: Row, context: WriteContext): DoneWrite {
  const writer = writers[entity.type]?.update;
  if (writer === undefined || !entity.updatable) throw notAllowed(call);
  const payload = readPayload(call.service, entity, call.body);
  if (Object.keys(payload.nested).length > 0) throw malformed("Deep update is not supported");
  const changeable = entity.properties.filter(
    ({ updatable, name }) => updatable !== false && !entity.keys.includes(name),
  );
  const values: Record<string, EdmValue> = {};
  for (const { name, type } of changeable) {
    const value = payload.values[name];
    if (value !== undefined) values[name] = value;
    // PUT replaces: what is not named becomes initial.
    else if (call.method === "PUT") values[name] = type === "Edm.String" ? "" : type === "Edm.Boolean" ? false : null;
  }
  writer(row, values, context);
  return {
    respond: async () => {
      const snapshot = new Snapshot(call.state);
      const changed = findByKeys(snapshot, entity, row);
      const etag = etagOf(call.service, entity, changed);
      const headers = { ...versionHeader(call.service), ...(etag !== undefined && { etag }) };
      if (call.service.version === "2.0") return { status: 204, headers, body: "" };
      return minimal(call, await respondEntity(call, entity, changed, emptyOptions, snapshot));
    },
  };
}

/** v4's `Prefer: return=minimal`. */
function minimal(call: ODataCall, response: ODataResponse): ODataResponse {
  if (call.service.version === "2.0" || !/return=minimal/.test(call.headers.prefer ?? "")) return response;
  const { "content-type": _type, ...headers } = response.headers;
  return { status: 204, headers: { ...headers, "preference-applied": "return=minimal" }, body: "" };
}

/**
 * Finds the entity, and checks If-Match where it has an ETag.
 *
 * @throws {ODataFailure} 404, 428 without the header, 412 when the entity has changed
 */
function assertMatch(call: ODataCall, steps: readonly PathStep[], required: boolean): Row {
  const row = findRow(call, steps);
  const entity = steps.at(-1)?.entity;
  const etag = entity === undefined ? undefined : etagOf(call.service, entity, row);
  if (etag === undefined) return row;
  const given = call.headers["if-match"];
  if (given === undefined || given === "") {
    if (!required || !call.state.settings.requireIfMatch) return row;
    throw new ODataFailure(
      428,
      "/IWBEP/CM_MGW_RT/189",
      "Precondition required: send the ETag of the entity in If-Match",
    );
  }
  if (isAmongEtags(given, etag)) return row;
  throw new ODataFailure(
    412,
    "/IWBEP/CM_MGW_RT/190",
    "Precondition failed: the entity was changed, read it again for its new ETag",
  );
}

/** Follows a path without fe-mockserver-core, whose reads are not synchronous. @throws {ODataFailure} 404 */
function findRow(call: ODataCall, steps: readonly PathStep[]): Row {
  const snapshot = new Snapshot(call.state);
  let row: Row | undefined;
  for (const { entity, navigation, keys } of steps) {
    const parent = row;
    row = snapshot.rowsOf(entity.type).find((candidate) => {
      const isBelow = navigation?.on.every(([here, there]) => parent?.[here] === candidate[there]) ?? true;
      return isBelow && Object.entries(keys ?? {}).every(([name, value]) => candidate[name] === value);
    });
    if (row === undefined) throw segmentNotFound(entity.type);
  }
  if (row === undefined) throw segmentNotFound(call.path);
  return row;
}

function findByKeys(snapshot: Snapshot, entity: EntityModel, keys: Row): Row {
  const found = snapshot.rowsOf(entity.type).find((row) => entity.keys.every((name) => row[name] === keys[name]));
  // A later part of the same change set may have taken it away again.
  if (found === undefined) throw segmentNotFound(entity.type);
  return found;
}

function notAllowed({ method, path }: ODataCall): ODataFailure {
  return new ODataFailure(
    405,
    "/IWFND/CM_MGW/096",
    `Method ${method} is not allowed on ${path === "" ? "the service" : path.slice(0, 80)}`,
  );
}
