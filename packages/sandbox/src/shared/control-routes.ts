import type { FastifyInstance, FastifyReply } from "fastify";
import { type FaultRule, InvalidFaultError } from "./faults.js";
import { controlPrefix, type SandboxServer, sendJson } from "./sandbox-server.js";

/** A setting was unknown or had the wrong type; the message says which. */
export class InvalidSettingError extends Error {
  /** Tells the error from others in logs. */
  override readonly name = "InvalidSettingError";
}

/** What the control routes do to one vendor's sandbox. */
export interface SandboxControls {
  /** Such as `salesforce`. */
  vendor: string;
  settings(): Record<string, unknown>;
  /** @throws {InvalidSettingError} */
  changeSettings(changes: Record<string, unknown>): void;
  reset(): void;
  expireAccessTokens(): number;
  revokeGrants(): number;
}

/** Adds `/__sandbox/…`: faults, the request log, settings, and the switches that tests need from another process. */
export function addControlRoutes(server: SandboxServer, controls: SandboxControls): void {
  void server.app.register(async (app) => addRoutes(app, server, controls), { prefix: controlPrefix });
}

function addRoutes(app: FastifyInstance, server: SandboxServer, controls: SandboxControls): void {
  app.setErrorHandler((error, _request, reply) => {
    const known = error instanceof InvalidFaultError || error instanceof InvalidSettingError;
    const status = known ? 400 : statusOf(error);
    return sendJson(reply, status, { error: error instanceof Error ? error.message : "Something failed." });
  });
  // A web page that the developer happens to have open must not be able to reset or break the sandbox.
  app.addHook("onRequest", async (request, reply) => {
    const site = request.headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none") {
      return sendJson(reply, 403, { error: "Not from another site's page." });
    }
  });
  // JSON only, so that another site's form is no way in; an empty body is none, whatever its type says.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => parseBody(body, done));
  app.get("/health", async (_request, reply) => sendJson(reply, 200, { status: "ok", vendor: controls.vendor }));
  app.post("/faults", async (request, reply) => sendJson(reply, 201, server.faults.add(objectBody(request.body))));
  app.get("/faults", async (_request, reply) => sendJson(reply, 200, { faults: server.faults.list() }));
  app.delete("/faults", async (_request, reply) => {
    server.faults.clear();
    return noContent(reply);
  });
  app.get<{ Querystring: { path?: string; method?: string } }>("/requests", async (request, reply) =>
    sendJson(reply, 200, { requests: server.log.list(request.query) }),
  );
  app.delete("/requests", async (_request, reply) => {
    server.log.clear();
    return noContent(reply);
  });
  app.get("/settings", async (_request, reply) => sendJson(reply, 200, controls.settings()));
  app.post("/settings", async (request, reply) => {
    controls.changeSettings(objectBody(request.body));
    return sendJson(reply, 200, controls.settings());
  });
  app.post("/reset", async (_request, reply) => {
    controls.reset();
    return noContent(reply);
  });
  app.post("/expire-access-tokens", async (_request, reply) =>
    sendJson(reply, 200, { expired: controls.expireAccessTokens() }),
  );
  app.post("/revoke-grants", async (_request, reply) => sendJson(reply, 200, { revoked: controls.revokeGrants() }));
}

function parseBody(body: string | Buffer, done: (error: Error | null, body?: unknown) => void): void {
  try {
    done(null, String(body).trim() === "" ? undefined : JSON.parse(String(body)));
  } catch (error) {
    done(new InvalidSettingError(`The body is not JSON: ${error instanceof Error ? error.message : ""}`));
  }
}

function objectBody(body: unknown): FaultRule & Record<string, unknown> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new InvalidSettingError("Send a JSON object.");
  }
  return { ...body };
}

function noContent(reply: FastifyReply): FastifyReply {
  return reply.code(204).send();
}

function statusOf(error: unknown): number {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return 500;
  return typeof error.statusCode === "number" ? error.statusCode : 500;
}
