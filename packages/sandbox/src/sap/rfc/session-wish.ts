import type { FastifyRequest } from "fastify";
import type { AbapSession, AbapSessions } from "./abap-sessions.js";
import type { RfcSystem, SapUser } from "./rfc-system.js";

/** The client named a session that is no more. */
export class SessionTimedOut extends Error {
  /** Tells the error from others in logs. */
  override readonly name = "SessionTimedOut";
}

/** The session of one request. */
export interface OpenedSession {
  session: AbapSession;
  /** Whether it ends with this request. */
  endsNow: boolean;
  /** A cookie to set, for a session that was opened now. */
  cookie: string | undefined;
}

/**
 * Which session a request wants. `sap-sessioncmd=open` opens one that goes on by the cookie `sap-contextid`, `close` ends it with
 * this request; neither, and no cookie: a session for this request only.
 *
 * @throws {SessionTimedOut} for a cookie of a session that ended.
 * @see https://help.sap.com/saphelp_470/helpdata/EN/ce/3dd23a09313b37e10000000a11405a/content.htm (sap-sessioncmd)
 * @see https://help.sap.com/doc/saphelp_nw73/7.3.16/en-US/48/d1853df6c96745e10000000a421937/content.htm (stateful communication)
 */
export function readSessionWish(
  request: FastifyRequest,
  user: SapUser,
  parts: RfcSystem,
  sessions: AbapSessions,
): OpenedSession {
  if (!parts.settings.statefulSessions) return { session: sessions.stateless(user), endsNow: true, cookie: undefined };
  const command = new URL(request.url, "http://sandbox").searchParams.get("sap-sessioncmd")?.toLowerCase();
  const id = cookieValue(request.headers.cookie ?? "", "sap-contextid");
  if (id !== undefined && command !== "open") {
    const session = sessions.resume(id, user);
    if (session === undefined) throw new SessionTimedOut();
    return { session, endsNow: command === "close", cookie: undefined };
  }
  if (command !== "open") return { session: sessions.stateless(user), endsNow: true, cookie: undefined };
  // `open` restarts what is running.
  const running = id === undefined ? undefined : sessions.resume(id, user);
  if (running !== undefined) sessions.close(running);
  const session = sessions.open(user);
  return { session, endsNow: false, cookie: `sap-contextid=${session.id}; path=/sap/bc; HttpOnly` };
}

function cookieValue(header: string, name: string): string | undefined {
  const pair = header.split(";").find((part) => part.trim().startsWith(`${name}=`));
  return pair?.trim().slice(name.length + 1);
}
