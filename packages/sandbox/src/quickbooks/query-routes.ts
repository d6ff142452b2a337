import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendJson } from "../shared/sandbox-server.js";
import { companyOf, envelopeTime } from "./company-request.js";
import { queryParserError } from "./errors.js";
import { runQuery } from "./query/run-query.js";
import { renderRecord } from "./render-record.js";
import { bytesOf } from "./request-body.js";
import type { QuickbooksState } from "./state.js";

/** Adds `/query`. A long query may come as the body of a POST, with the content type `application/text`. */
export function addQueryRoutes(api: FastifyInstance, state: QuickbooksState): void {
  api.get<{ Querystring: { query?: string } }>("/query", async (request, reply) =>
    answer(state, request, reply, request.query.query ?? ""),
  );
  api.post<{ Querystring: { query?: string } }>("/query", async (request, reply) =>
    answer(state, request, reply, request.query.query ?? queryInBody(request)),
  );
}

function queryInBody(request: FastifyRequest): string {
  const text = bytesOf(request).toString("utf8");
  const isForm = (request.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  return isForm ? (new URLSearchParams(text).get("query") ?? "") : text;
}

function answer(state: QuickbooksState, request: FastifyRequest, reply: FastifyReply, query: string): FastifyReply {
  if (query.trim() === "") throw queryParserError('Encountered " <EOF> "" at line 1, column 1.');
  const company = companyOf(request);
  const QueryResponse = runQuery(query, company.records, (definition, record) =>
    renderRecord(state, company, definition, record),
  );
  return sendJson(reply, 200, { QueryResponse, time: envelopeTime(state) });
}
