import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendJson } from "../shared/sandbox-server.js";
import { apiVersions, assertVersion } from "./api-versions.js";
import { maximumMultipartBytes } from "./blobs/multipart-body.js";
import { addBulkRoutes } from "./bulk/bulk-routes.js";
import { addCollectionRoutes } from "./collections/collection-routes.js";
import { addCompositeRoutes } from "./composite/composite-routes.js";
import { addDescribeRoutes } from "./describe-routes.js";
import { notFound, SalesforceError } from "./errors.js";
import { organizationId } from "./ids.js";
import { admitCall, limitInfo } from "./limits/admission.js";
import { addLimitsRoute } from "./limits/limits-route.js";
import { addQueryRoutes } from "./query-routes.js";
import { addRecordRoutes } from "./record-routes.js";
import { addReplicationRoutes } from "./replication/replication-routes.js";
import { mountRest } from "./rest/mount-rest.js";
import { RestTable } from "./rest/rest-table.js";
import { addSearchRoutes } from "./search/search-routes.js";
import type { SalesforceState } from "./state.js";
import { withOrigin } from "./streaming/change-origin.js";
import { addPlatformEventRoutes } from "./streaming/platform-events.js";

declare module "fastify" {
  interface FastifyRequest {
    /** The id of the user whose access token the request carries. */
    salesforceUserId: string;
    /** The API version of the path, such as 60. */
    salesforceVersion: number;
  }
}

/** Adds `/services/data`: the versions, and the REST API of each. */
export function addDataApi(app: FastifyInstance, state: SalesforceState): void {
  app.decorateRequest("salesforceUserId", "");
  app.decorateRequest("salesforceVersion", 0);
  app.get("/services/data", async (_request, reply) => sendJson(reply, 200, apiVersions()));
  void app.register(async (api) => addVersionedRoutes(api, state), { prefix: "/services/data/:version" });
}

function addVersionedRoutes(api: FastifyInstance, state: SalesforceState): void {
  // The records' own parser sees the text: error messages point into it.
  api.removeAllContentTypeParsers();
  api.addContentTypeParser("application/json", { parseAs: "string", bodyLimit: maximumJsonBytes }, passOn);
  // By pattern, so that a part of the API can take this type in its own way.
  api.addContentTypeParser(/^multipart\/form-data/i, { parseAs: "buffer", bodyLimit: maximumMultipartBytes }, passOn);
  api.addHook("onRequest", async (request, reply) => admitRequest(request, reply, state));
  api.addHook("preHandler", (request, _reply, done) => withOrigin(request, done));
  api.setErrorHandler((error, _request, reply) => sendError(reply, error));
  api.get("/", async (request, reply) =>
    sendJson(reply, 200, listResources(request.salesforceVersion, state, request.salesforceUserId)),
  );
  const table = createRestTable(state);
  mountRest(api, table);
  addBulkRoutes(api, state);
  const byPattern = Map.groupBy(table.routes(), ({ pattern }) => pattern);
  for (const [pattern, routes] of byPattern)
    addMethodGuard(
      api,
      pattern,
      routes.map(({ method }) => method),
    );
  // So that an unknown path below a version is admitted, counted and refused like any other.
  api.all("/*", async () => {
    throw notFound();
  });
}

function createRestTable(state: SalesforceState): RestTable {
  const table = new RestTable();
  addLimitsRoute(table, state);
  addReplicationRoutes(table, state);
  addDescribeRoutes(table, state);
  addQueryRoutes(table, state);
  addSearchRoutes(table, state);
  addPlatformEventRoutes(table, state);
  addRecordRoutes(table, state);
  addCollectionRoutes(table, state);
  addCompositeRoutes(table, state);
  return table;
}

/** https://developer.salesforce.com/docs/platform/api-rest/guide/dome-sobject-insert-update-blob.html */
const maximumJsonBytes = 50 * 1024 * 1024;

function passOn(_request: FastifyRequest, body: string | Buffer, done: (error: null, body: unknown) => void): void {
  done(null, body);
}

function addMethodGuard(api: FastifyInstance, url: string, methods: readonly string[]): void {
  const allowed = methods.includes("GET") ? [...methods, "HEAD"].sort() : [...methods].sort();
  api.route({
    method: ["DELETE", "GET", "PATCH", "POST", "PUT"].filter((method) => !allowed.includes(method)),
    url,
    handler: async (request) => {
      const message = `HTTP Method '${request.method}' not allowed. Allowed are ${allowed.join(",")}`;
      throw new SalesforceError(405, "METHOD_NOT_ALLOWED", message);
    },
  });
}

async function admitRequest(request: FastifyRequest, reply: FastifyReply, state: SalesforceState): Promise<void> {
  request.salesforceVersion = readVersion(request.url);
  const token = /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const accessToken = token === undefined ? undefined : state.grants.findAccessToken(token);
  if (accessToken === undefined) {
    reply.header("www-authenticate", `Token`);
    throw new SalesforceError(401, "INVALID_SESSION_ID", "Session expired or invalid");
  }
  request.salesforceUserId = accessToken.userId;
  try {
    admitCall(state);
  } finally {
    reply.header("sforce-limit-info", limitInfo(state));
  }
}

function readVersion(url: string): number {
  const match = /^\/services\/data\/v(\d{1,3})\.0(?:[/?]|$)/.exec(url);
  const version = Number(match?.[1] ?? 0);
  if (match === null) throw notFound();
  assertVersion(version);
  return version;
}

function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof SalesforceError) return sendJson(reply, error.status, error.toBody());
  const { status, code, message } = describeFailure(error);
  return sendJson(reply, status, new SalesforceError(status, code, message).toBody());
}

function describeFailure(error: unknown): { status: number; code: string; message: string } {
  const status = typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : 500;
  const message = error instanceof Error ? error.message : "unknown";
  if (status === 413) return { status, code: "REQUEST_ENTITY_TOO_LARGE", message };
  if (status === 415)
    return {
      status,
      code: "UNSUPPORTED_MEDIA_TYPE",
      message: "The content type is not supported: send application/json",
    };
  if (status >= 400 && status < 500) return { status, code: "BAD_REQUEST", message };
  return { status: 500, code: "UNKNOWN_EXCEPTION", message: `An unexpected error occurred: ${message}` };
}

function listResources(version: number, state: SalesforceState, userId: string): Record<string, string> {
  const base = `/services/data/v${version}.0`;
  return {
    sobjects: `${base}/sobjects`,
    query: `${base}/query`,
    queryAll: `${base}/queryAll`,
    search: `${base}/search`,
    parameterizedSearch: `${base}/parameterizedSearch`,
    composite: `${base}/composite`,
    limits: `${base}/limits`,
    jobs: `${base}/jobs`,
    identity: `${state.baseUrl()}/id/${organizationId}/${userId}`,
  };
}
