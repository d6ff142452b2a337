import type { FastifyInstance } from "fastify";
import { addRoomControls, toObject } from "../../shared/control-json.js";
import { sendJson } from "../../shared/sandbox-server.js";
import { type RfcFaultList, readRfcFault } from "./rfc-faults.js";

/** Adds `/__sandbox/rfc-faults`: what goes wrong in the next calls of function modules. */
export function addRfcControls(app: FastifyInstance, faults: RfcFaultList): void {
  addRoomControls(app, (scope) => {
    scope.get("/rfc-faults", async (_request, reply) => sendJson(reply, 200, { faults: faults.list() }));
    scope.post("/rfc-faults", async (request, reply) => {
      faults.add(readRfcFault(toObject(request.body)));
      return sendJson(reply, 201, { faults: faults.list() });
    });
    scope.delete("/rfc-faults", async (_request, reply) => {
      faults.clear();
      return reply.code(204).send();
    });
  });
}
