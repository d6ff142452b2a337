import type { FastifyReply, FastifyRequest } from "fastify";
import type { SapState } from "../state.js";
import { readCookies } from "./logon.js";
import { logonOf } from "./sap-request.js";
import type { Sessions } from "./sessions.js";

const harmless: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Gives the session's CSRF token to a harmless request that fetches it, and refuses a change without it.
 *
 * @returns false when the request has been answered with 403.
 */
export function passCsrf(request: FastifyRequest, reply: FastifyReply, state: SapState, sessions: Sessions): boolean {
  const { sessionId, client } = logonOf(request);
  const given = request.headers["x-csrf-token"];
  const token = Array.isArray(given) ? given[0] : given;
  const name = `sap-XSRF_${state.system.id}_${client}`;
  if (harmless.has(request.method)) {
    const session = sessions.find(sessionId);
    if (token?.toLowerCase() !== "fetch" || session === undefined || !isAnswered(request, state)) return true;
    const csrf = sessions.csrfOf(session);
    reply.header("x-csrf-token", csrf.token);
    // Fastify adds to cookies that are set already.
    reply.header("set-cookie", `${name}=${csrf.cookie}; path=/; HttpOnly`);
    return true;
  }
  if (sessions.isCsrfGood(sessionId, token, readCookies(request)[name])) return true;
  reply.code(403).header("x-csrf-token", "Required").header("content-type", "text/plain; charset=utf-8");
  reply.send("CSRF token validation failed");
  return false;
}

function isAnswered(request: FastifyRequest, { settings }: SapState): boolean {
  if (!settings.csrfNeedsTrailingSlash) return true;
  const [path = ""] = (request.raw.url ?? "/").split("?");
  return path.endsWith("/");
}
