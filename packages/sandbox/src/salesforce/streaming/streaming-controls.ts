import type { FastifyInstance } from "fastify";
import { addRoomControls, toObject } from "../../shared/control-json.js";
import { sendJson } from "../../shared/sandbox-server.js";
import { findObject } from "../schema/schema.js";
import type { SalesforceState } from "../state.js";

const gapTypes = ["GAP_CREATE", "GAP_UPDATE", "GAP_DELETE", "GAP_UNDELETE", "GAP_OVERFLOW"];

/** A gap or overflow event to publish. */
export interface GapWish {
  changeType: string;
  /** Such as `Account`. */
  entityName: string;
  /** Left out for an overflow. */
  recordIds?: readonly string[];
}

/** Publishes a gap or overflow event. @throws {RangeError} for a type or object that is none. */
export function publishGap(state: SalesforceState, { changeType, entityName, recordIds = [] }: GapWish): void {
  if (!gapTypes.includes(changeType)) throw new RangeError(`"changeType" is one of ${gapTypes.join(", ")}.`);
  const object = findObject(entityName);
  if (object === undefined) throw new RangeError(`There is no object "${entityName}".`);
  state.streaming.changes.publishGap({ changeType, object, recordIds, userId: "" });
}

/**
 * Adds `POST /__sandbox/gap-events` (`{ changeType, entityName, recordIds }`), `/__sandbox/end-streams` (every session is
 * forgotten, so that clients must shake hands anew) and `/__sandbox/wake-streams` (connects that wait are answered).
 */
export function addStreamingControls(app: FastifyInstance, state: SalesforceState): void {
  addRoomControls(app, (scope) => {
    scope.post("/gap-events", async (request, reply) => {
      const { changeType, entityName, recordIds } = toObject(request.body);
      const ids = Array.isArray(recordIds) ? recordIds.map(String) : [];
      publishGap(state, { changeType: String(changeType), entityName: String(entityName), recordIds: ids });
      return sendJson(reply, 201, { published: 1 });
    });
    scope.post("/end-streams", async (_request, reply) =>
      sendJson(reply, 200, { ended: state.streaming.sessions.clear() }),
    );
    scope.post("/wake-streams", async (_request, reply) => {
      state.streaming.sessions.wakeAll();
      return reply.code(204).send();
    });
  });
}
