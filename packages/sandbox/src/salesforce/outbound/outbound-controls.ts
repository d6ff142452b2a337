import type { FastifyInstance } from "fastify";
import { addRoomControls, toObject } from "../../shared/control-json.js";
import { sendJson } from "../../shared/sandbox-server.js";
import { findField, findObject } from "../schema/schema.js";
import type { SalesforceState } from "../state.js";
import type { OutboundAction } from "./post-message.js";

/** Where outbound messages shall go, and what they tell. */
export interface OutboundWish {
  url: string;
  /** Such as `Account`. */
  object: string;
  /** Default: Id only; it always comes along. */
  fields?: readonly string[];
  /** How often each message is sent though it was acknowledged. Default 1: once. */
  copies?: number;
  /** Sends the newest first. Default false. */
  reversed?: boolean;
}

/** An action, as the control calls show it. */
export interface OutboundDescription {
  /** The `ActionId` of its messages. */
  id: string;
  url: string;
  object: string;
  fields: string[];
  /** Notifications that were not acknowledged yet, and how often each was tried. */
  waiting: { id: string; recordId: string; tries: number; dueAt: string }[];
}

/** Adds an action. @throws {RangeError} for an object or field that is none, or a URL that is none. */
export function addOutboundAction(state: SalesforceState, wish: OutboundWish): OutboundDescription {
  const object = findObject(wish.object);
  if (object === undefined) throw new RangeError(`There is no object "${wish.object}".`);
  if (!URL.canParse(wish.url)) throw new RangeError(`"${wish.url}" is no URL.`);
  const fields = [...new Set(["Id", ...(wish.fields ?? [])])].map((name) => {
    const field = findField(object, name);
    if (field === undefined) throw new RangeError(`There is no field "${name}" on ${object.name}.`);
    return field;
  });
  const copies = Math.max(1, Math.trunc(wish.copies ?? 1));
  return describe(
    state,
    state.outbound.add({ url: wish.url, object, fields, copies, reversed: wish.reversed ?? false }),
  );
}

/** All actions with what waits for them. */
export function listOutboundActions(state: SalesforceState): OutboundDescription[] {
  return state.outbound.actions().map((action) => describe(state, action));
}

/**
 * Adds `/__sandbox/outbound-messages`: POST an action (`{ url, object, fields, copies, reversed }`), GET all, DELETE
 * `/<id>`, and POST `/flush`, which sends what is due (`{ all: true }`: what waits for a later try, too).
 */
export function addOutboundControls(app: FastifyInstance, state: SalesforceState): void {
  addRoomControls(app, (scope) => {
    scope.get("/outbound-messages", async (_request, reply) =>
      sendJson(reply, 200, { actions: listOutboundActions(state) }),
    );
    scope.post("/outbound-messages", async (request, reply) => {
      const { url, object, fields, copies, reversed } = toObject(request.body);
      const wish = {
        url: String(url),
        object: String(object),
        fields: Array.isArray(fields) ? fields.map(String) : [],
        copies: typeof copies === "number" ? copies : 1,
        reversed: reversed === true,
      };
      return sendJson(reply, 201, addOutboundAction(state, wish));
    });
    scope.post("/outbound-messages/flush", async (request, reply) => {
      await state.outbound.flush(toObject(request.body ?? {}).all === true);
      return sendJson(reply, 200, { actions: listOutboundActions(state) });
    });
    scope.delete<{ Params: { id: string } }>("/outbound-messages/:id", async (request, reply) => {
      if (!state.outbound.remove(request.params.id)) throw new RangeError(`There is no action ${request.params.id}.`);
      return reply.code(204).send();
    });
  });
}

function describe(state: SalesforceState, { id, url, object, fields }: OutboundAction): OutboundDescription {
  const waiting = state.outbound.waiting().filter(({ actionId }) => actionId === id);
  return {
    id,
    url,
    object: object.name,
    fields: fields.map(({ name }) => name),
    waiting: waiting.map((one) => ({
      id: one.id,
      recordId: String(one.row.Id),
      tries: one.tries,
      dueAt: new Date(one.dueAt).toISOString(),
    })),
  };
}
