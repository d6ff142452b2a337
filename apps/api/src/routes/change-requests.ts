import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { approveChange } from "../actions/approve-change.js";
import { commentOnChange } from "../actions/comment-on-change.js";
import { rejectChange, withdrawChange } from "../actions/end-change.js";
import { getChangeRequest, listChangeRequests } from "../actions/get-change-requests.js";
import { callerOf } from "../plugins/authentication.js";
import type { Services } from "../services.js";
import { requireIfMatch, toEntityTag } from "./entity-tags.js";
import {
  changeCommentSchema,
  changeRequestSchema,
  changeRequestWithCommentsSchema,
  commentOnChangeSchema,
  listChangeRequestsSchema,
  rejectChangeSchema,
} from "./schemas/change-requests.js";
import { idParametersSchema, pageOf, problemResponses } from "./schemas/common.js";

const tags = ["change requests"];
const ifMatchSchema = z.object({ "if-match": z.string().optional().describe("The ETag of the change request.") });

/** `/v1/change-requests`: what others want to change in production, and deciding about it. */
export const changeRequestRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/change-requests",
    {
      schema: {
        tags,
        summary: "List change requests, newest first",
        operationId: "listChangeRequests",
        querystring: listChangeRequestsSchema,
        response: { 200: pageOf(changeRequestSchema), ...problemResponses },
      },
    },
    (request) => {
      const { limit, cursor, status, targetId } = request.query;
      const filter = { ...(status !== undefined && { status }), ...(targetId !== undefined && { targetId }) };
      return listChangeRequests(services, callerOf(request), { limit, cursor, filter });
    },
  );

  app.get(
    "/v1/change-requests/:id",
    {
      schema: {
        tags,
        summary: "Read a change request, with what was said about it",
        operationId: "getChangeRequest",
        params: idParametersSchema,
        response: { 200: changeRequestWithCommentsSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const change = await getChangeRequest(services, callerOf(request), request.params.id);
      return reply.header("etag", toEntityTag(change.version)).send(change);
    },
  );

  app.post(
    "/v1/change-requests/:id/approve",
    {
      schema: {
        tags,
        summary: "Approve a change and apply it, or confirm an emergency",
        description:
          "Needs If-Match: nobody approves what they did not see. Never by the person who asked. CHANGE_REQUEST_STALE where the target has changed since.",
        operationId: "approveChangeRequest",
        params: idParametersSchema,
        headers: ifMatchSchema,
        response: { 200: changeRequestSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const version = requireIfMatch(request.headers["if-match"]);
      const change = await approveChange(services, callerOf(request), request.params.id, version);
      return reply.header("etag", toEntityTag(change.version)).send(change);
    },
  );

  app.post(
    "/v1/change-requests/:id/reject",
    {
      schema: {
        tags,
        summary: "Reject a change, with a reason",
        description: "An emergency is rolled back at once.",
        operationId: "rejectChangeRequest",
        params: idParametersSchema,
        body: rejectChangeSchema,
        response: { 200: changeRequestSchema, ...problemResponses },
      },
    },
    (request) => rejectChange(services, callerOf(request), request.params.id, request.body.reason),
  );

  app.post(
    "/v1/change-requests/:id/cancel",
    {
      schema: {
        tags,
        summary: "Take a change request back",
        description: "By the person who asked, or an administrator. An emergency is rolled back at once.",
        operationId: "cancelChangeRequest",
        params: idParametersSchema,
        response: { 200: changeRequestSchema, ...problemResponses },
      },
    },
    (request) => withdrawChange(services, callerOf(request), request.params.id),
  );

  app.post(
    "/v1/change-requests/:id/comments",
    {
      schema: {
        tags,
        summary: "Say something about a change request",
        description: "Counts its version up, so that whoever decides has read it.",
        operationId: "commentOnChangeRequest",
        params: idParametersSchema,
        body: commentOnChangeSchema,
        response: { 201: changeCommentSchema, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      return reply.code(201).send(await commentOnChange(services, callerOf(request), id, request.body.text));
    },
  );
};
