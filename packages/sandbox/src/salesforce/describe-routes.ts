import type { FastifyInstance } from "fastify";
import { sendJson } from "../shared/sandbox-server.js";
import { describeBriefly, describeFully } from "./describe.js";
import { notFound } from "./errors.js";
import { renderRecord } from "./render-record.js";
import type { ObjectDefinition } from "./schema/definitions.js";
import { findObject, listObjects } from "./schema/schema.js";
import type { SalesforceState } from "./state.js";

/** Adds the describe calls: all objects, one object briefly, one object fully. */
export function addDescribeRoutes(api: FastifyInstance, state: SalesforceState): void {
  api.get("/sobjects", async (request, reply) =>
    sendJson(reply, 200, {
      encoding: "UTF-8",
      maxBatchSize: 200,
      sobjects: listObjects().map((object) => describeBriefly(object, request.salesforceVersion)),
    }),
  );
  api.get<{ Params: { object: string } }>("/sobjects/:object", async (request, reply) => {
    const object = objectOf(request.params.object);
    const version = request.salesforceVersion;
    const fields = object.fields.filter((field) => field.type === "id" || field.nameField);
    const recent = [...state.store.all(object)]
      .filter((row) => row.IsDeleted !== true)
      .slice(-5)
      .reverse();
    return sendJson(reply, 200, {
      objectDescribe: describeBriefly(object, version),
      recentItems: recent.map((row) => renderRecord(object, row, fields, version)),
    });
  });
  api.get<{ Params: { object: string } }>("/sobjects/:object/describe", async (request, reply) =>
    sendJson(reply, 200, describeFully(objectOf(request.params.object), request.salesforceVersion)),
  );
}

function objectOf(name: string): ObjectDefinition {
  const object = findObject(name);
  if (object === undefined) throw notFound();
  return object;
}
