import type { FastifyRequest } from "fastify";
import type { SapState } from "../state.js";
import type { AccessTokens } from "./access-tokens.js";
import type { CertificateRules } from "./certificates.js";
import type { LogonProblem } from "./logon-page.js";
import type { SapLogon } from "./sap-request.js";
import type { SecuritySession, Sessions } from "./sessions.js";
import type { Users } from "./users.js";

/** What the logon needs. */
export interface LogonParts {
  state: SapState;
  users: Users;
  sessions: Sessions;
  tokens: AccessTokens;
  certificates: CertificateRules;
}

/** Who asks, or why the request is turned away. */
export type LogonOutcome =
  | { logon: SapLogon; session: SecuritySession; isNew: boolean }
  | { problem: LogonProblem; challenge: "basic" | "bearer"; client: string; language: "E" | "D" };

/** Finds out who asks: by session, bearer token, password or client certificate, in this order. */
export function logOn(request: FastifyRequest, parts: LogonParts): LogonOutcome {
  const { state, sessions } = parts;
  const query = new URL(request.raw.url ?? "/", "http://local").searchParams;
  const client = query.get("sap-client") ?? headerOf(request, "sap-client") ?? state.system.client;
  const language = languageOf(query.get("sap-language") ?? headerOf(request, "sap-language"), request);
  if (client !== state.system.client) return { problem: "client", challenge: "basic", client, language };
  const authorization = request.headers.authorization ?? "";
  const isBearer = /^Bearer /i.test(authorization);
  const cookie = readCookies(request)[`SAP_SESSIONID_${state.system.id}_${client}`];
  const open = sessions.use(cookie, client);
  const basic = readBasic(authorization);
  // A session stands for the logon that began it, until other credentials come along.
  if (open !== undefined && !isBearer && (basic === undefined || basic.user === open.user)) {
    return { logon: { ...toLogon(open), language }, session: open, isNew: false };
  }
  const who = isBearer ? byToken(authorization, parts) : (byPassword(basic, parts) ?? byCertificate(request, parts));
  if (who === undefined) return { problem: "failed", challenge: isBearer ? "bearer" : "basic", client, language };
  const isSame = open !== undefined && open.user === who.user && open.method === who.method;
  const session = isSame ? open : sessions.begin(who.user, client, who.method);
  return { logon: { ...toLogon(session), language }, session, isNew: !isSame };
}

/** The cookies of a request by name. */
export function readCookies(request: FastifyRequest): Record<string, string> {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => {
    const cut = pair.indexOf("=");
    return cut < 0 ? [pair.trim(), ""] : [pair.slice(0, cut).trim(), pair.slice(cut + 1).trim()];
  });
  return Object.fromEntries(pairs);
}

type Who = { user: string; method: SapLogon["method"] };

function byToken(authorization: string, { tokens, users }: LogonParts): Who | undefined {
  const user = tokens.userOf(authorization.slice("Bearer ".length).trim());
  return user === undefined || users.isLocked(user) ? undefined : { user, method: "bearer" };
}

function byPassword(
  basic: { user: string; password: string } | undefined,
  { state, users }: LogonParts,
): Who | undefined {
  if (basic === undefined) return undefined;
  const check = users.check(basic.user, basic.password, state.settings.failsToUserLock);
  return check === "good" ? { user: basic.user, method: "basic" } : undefined;
}

function byCertificate(request: FastifyRequest, { certificates, users }: LogonParts): Who | undefined {
  if (request.headers.authorization !== undefined) return undefined;
  const user = certificates.userOf(request.raw.socket)?.toUpperCase();
  if (user === undefined || !users.has(user) || users.isLocked(user)) return undefined;
  return { user, method: "certificate" };
}

/** Name and password of a Basic header, in UTF-8. The name is in capitals, and not encoded further, unlike an OAuth client's. */
export function readBasic(authorization: string): { user: string; password: string } | undefined {
  const [, encoded] = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { user: text.slice(0, colon).toUpperCase(), password: text.slice(colon + 1) };
}

function toLogon({ user, client, id, method }: SecuritySession): Omit<SapLogon, "language"> {
  return { user, client, sessionId: id, method };
}

function languageOf(given: string | undefined | null, request: FastifyRequest): "E" | "D" {
  const wanted = given ?? request.headers["accept-language"] ?? "";
  return /^d/i.test(wanted.trim()) ? "D" : "E";
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
