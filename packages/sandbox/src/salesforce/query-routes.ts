import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendJson } from "../shared/sandbox-server.js";
import { malformedQuery } from "./errors.js";
import { runQuery } from "./soql/run-query.js";
import type { SalesforceState } from "./state.js";

const defaultBatchSize = 2_000;

/** Adds `/query`, `/queryAll` (deleted records too) and the further pages of both. */
export function addQueryRoutes(api: FastifyInstance, state: SalesforceState): void {
  for (const [url, includeDeleted] of [
    ["/query", false],
    ["/queryAll", true],
  ] as const) {
    api.get<{ Querystring: { q?: string } }>(url, async (request, reply) => {
      if (request.query.q === undefined) throw malformedQuery("SOQL statements cannot be empty or null");
      return sendFirstPage(request, reply, state, request.query.q, includeDeleted);
    });
    api.get<{ Params: { locator: string } }>(`${url}/:locator`, async (request, reply) => {
      const { salesforceUserId, salesforceVersion } = request;
      return sendJson(reply, 200, state.cursors.nextPage(request.params.locator, salesforceUserId, salesforceVersion));
    });
  }
}

function sendFirstPage(
  request: FastifyRequest,
  reply: FastifyReply,
  state: SalesforceState,
  soql: string,
  includeDeleted: boolean,
): FastifyReply {
  const { salesforceUserId, salesforceVersion } = request;
  const result = runQuery({ store: state.store, soql, now: state.clock(), includeDeleted, version: salesforceVersion });
  const page = state.cursors.firstPage(result, batchSizeOf(request), salesforceUserId, salesforceVersion);
  return sendJson(reply, 200, page);
}

/** Salesforce takes 200 to 2 000 records a page; it treats anything else as the nearest of them. */
function batchSizeOf(request: FastifyRequest): number {
  const options = String(request.headers["sforce-query-options"] ?? "");
  const asked = Number(/batchSize\s*=\s*(\d+)/i.exec(options)?.[1] ?? defaultBatchSize);
  return Math.min(defaultBatchSize, Math.max(200, asked));
}
