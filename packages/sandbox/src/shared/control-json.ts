import type { FastifyInstance } from "fastify";
import { InvalidSettingError } from "./control-routes.js";
import { controlPrefix, sendJson } from "./sandbox-server.js";

/** Adds control routes of a room under `/__sandbox`, with the same guard as the shared ones: JSON only, and no other site's page. */
export function addRoomControls(app: FastifyInstance, add: (scope: FastifyInstance) => void): void {
  void app.register(
    async (scope) => {
      scope.setErrorHandler((error, _request, reply) => {
        const known = error instanceof InvalidSettingError || error instanceof RangeError;
        return sendJson(reply, known ? 400 : 500, {
          error: error instanceof Error ? error.message : "Something failed.",
        });
      });
      scope.addHook("onRequest", async (request, reply) => {
        const site = request.headers["sec-fetch-site"];
        if (site === undefined || site === "same-origin" || site === "none") return;
        return sendJson(reply, 403, { error: "Not from another site's page." });
      });
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
        try {
          done(null, String(body).trim() === "" ? {} : JSON.parse(String(body)));
        } catch {
          done(new InvalidSettingError("The body is not JSON."));
        }
      });
      add(scope);
    },
    { prefix: controlPrefix },
  );
}

/** A body that has to be an object. @throws {InvalidSettingError} */
export function toObject(body: unknown): Record<string, unknown> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  throw new InvalidSettingError("Send a JSON object.");
}
