import type { FastifyInstance } from "fastify";
import { addRoomControls, toObject } from "../../shared/control-json.js";
import { sendJson } from "../../shared/sandbox-server.js";
import type { AbapRow } from "../business-data.js";
import type { IdocSegment } from "./idoc-document.js";
import { segmentsOfRecord } from "./idoc-of-record.js";
import { type StoredIdoc, statusOf } from "./idoc-store.js";
import { processWaitingIdocs } from "./inbound.js";
import { resendIdoc, sendIdoc } from "./outbound.js";
import type { IdocParts } from "./parts.js";

/**
 * Adds `/__sandbox/idocs`: the list with statuses, one of them with its segments, `process` for what waits (`{ again: true }` for
 * what is in error too), `send` (`{ type, data }` with segments, or `{ type, key }` for a record), and `<docnum>/resend`.
 */
export function addIdocControls(app: FastifyInstance, parts: IdocParts): void {
  addRoomControls(app, (scope) => {
    scope.get("/idocs", async (_request, reply) => sendJson(reply, 200, { idocs: parts.idocs.list().map(describe) }));
    scope.get<{ Params: { docnum: string } }>("/idocs/:docnum", async (request, reply) => {
      const idoc = parts.idocs.find(request.params.docnum);
      if (idoc === undefined) throw new RangeError(`There is no IDoc ${request.params.docnum}.`);
      return sendJson(reply, 200, { ...describe(idoc), segments: idoc.segments });
    });
    scope.post("/idocs/process", async (request, reply) => {
      const again = toObject(request.body ?? {}).again === true;
      return sendJson(reply, 200, { processed: processWaitingIdocs(parts, "SAPSYS", again) });
    });
    scope.post("/idocs/send", async (request, reply) => {
      const { type, data, key } = toObject(request.body);
      const name = String(type);
      const segments = key === undefined ? toSegments(data) : segmentsOfRecord(name, String(key), parts.business);
      const sent = await sendIdoc({ type: name, data: segments }, parts);
      return sendJson(reply, 201, describe(sent));
    });
    scope.post<{ Params: { docnum: string } }>("/idocs/:docnum/resend", async (request, reply) =>
      sendJson(reply, 200, describe(await resendIdoc(request.params.docnum, parts))),
    );
  });
}

function describe(idoc: StoredIdoc): Record<string, unknown> {
  const { docnum, senderDocnum, direction, control, statuses } = idoc;
  return { docnum, senderDocnum, direction, status: statusOf(idoc), control, statuses };
}

/** Segments as JSON holds them: an array of `{ name, fields, children }`. */
function toSegments(data: unknown): IdocSegment[] {
  if (data === undefined) return [];
  if (!Array.isArray(data)) throw new RangeError('"data" is an array of segments { name, fields, children }.');
  return data.map((given: unknown) => {
    const { name, fields, children } = toObject(given);
    if (typeof name !== "string" || !abapNamePattern.test(name)) throw new RangeError("A segment needs a name.");
    const row: AbapRow = Object.fromEntries(Object.entries(toObject(fields ?? {})).map(toField));
    return { name, fields: row, children: toSegments(children) };
  });
}

function toField([name, value]: [string, unknown]): [string, string] {
  if (!abapNamePattern.test(name)) throw new RangeError(`"${name}" is not the name of a field.`);
  return [name, String(value)];
}

const abapNamePattern = /^[A-Z0-9/_]{1,30}$/;
