import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendJson } from "../../shared/sandbox-server.js";
import { normalizeId, organizationId } from "../ids.js";
import type { Row } from "../schema/definitions.js";
import { user } from "../schema/service-objects.js";
import type { SalesforceState } from "../state.js";
import { identityUrl } from "./token-response.js";

interface IdentityPath {
  organization: string;
  user: string;
}

/** Adds the identity URL and the OpenID Connect user info. Both refuse with a bare word, not with JSON. */
export function addIdentityRoutes(app: FastifyInstance, state: SalesforceState): void {
  app.get<{ Params: IdentityPath }>("/id/:organization/:user", async (request, reply) => {
    const { userId, refusal } = readHolder(request, state);
    if (refusal !== null) return refuse(reply, 403, refusal);
    if (normalizeId(request.params.organization) !== organizationId) return refuse(reply, 403, "Wrong_Org");
    const row = state.store.get(user, userId);
    if (row === undefined || normalizeId(request.params.user) !== userId) return refuse(reply, 404, "Bad_Id");
    if (row.IsActive !== true) return refuse(reply, 404, "Inactive");
    return sendJson(reply, 200, renderIdentity(state, row));
  });
  app.route({
    method: ["GET", "POST"],
    url: "/services/oauth2/userinfo",
    handler: async (request, reply) => {
      const { userId, refusal } = readHolder(request, state);
      const row = state.store.get(user, userId);
      if (refusal !== null || row === undefined) return refuse(reply, 403, refusal ?? "Bad_OAuth_Token");
      return sendJson(reply, 200, renderUserInfo(state, row));
    },
  });
}

/** Whose token the request carries, in the header or as a parameter. */
function readHolder(request: FastifyRequest, state: SalesforceState): { userId: string; refusal: string | null } {
  const query = new URL(request.url, state.baseUrl()).searchParams;
  const header = /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const token = header ?? query.get("oauth_token") ?? query.get("access_token");
  if (token === null) return { userId: "", refusal: "Missing_OAuth_Token" };
  const found = state.grants.findAccessToken(token);
  return found === undefined ? { userId: "", refusal: "Bad_OAuth_Token" } : { userId: found.userId, refusal: null };
}

function renderIdentity(state: SalesforceState, row: Row): Record<string, unknown> {
  const url = state.baseUrl();
  return {
    id: identityUrl(state, String(row.Id)),
    asserted_user: true,
    user_id: row.Id,
    organization_id: organizationId,
    username: row.Username,
    nick_name: row.Alias,
    display_name: `${String(row.FirstName)} ${String(row.LastName)}`,
    email: row.Email,
    email_verified: true,
    first_name: row.FirstName,
    last_name: row.LastName,
    timezone: row.TimeZoneSidKey,
    photos: { picture: `${url}/profilephoto/005/F`, thumbnail: `${url}/profilephoto/005/T` },
    addr_street: null,
    addr_city: null,
    addr_state: null,
    addr_country: null,
    addr_zip: null,
    mobile_phone: null,
    mobile_phone_verified: false,
    is_lightning_login_user: false,
    status: { created_date: null, body: null },
    urls: serviceUrls(url, row),
    active: row.IsActive,
    user_type: "STANDARD",
    language: row.LanguageLocaleKey,
    locale: row.LocaleSidKey,
    utcOffset: 0,
    last_modified_date: row.LastModifiedDate,
    is_app_installed: true,
  };
}

function renderUserInfo(state: SalesforceState, row: Row): Record<string, unknown> {
  const url = state.baseUrl();
  return {
    sub: identityUrl(state, String(row.Id)),
    user_id: row.Id,
    organization_id: organizationId,
    preferred_username: row.Username,
    nickname: row.Alias,
    name: `${String(row.FirstName)} ${String(row.LastName)}`,
    email: row.Email,
    email_verified: true,
    given_name: row.FirstName,
    family_name: row.LastName,
    zoneinfo: row.TimeZoneSidKey,
    photos: { picture: `${url}/profilephoto/005/F`, thumbnail: `${url}/profilephoto/005/T` },
    profile: `${url}/${String(row.Id)}`,
    picture: `${url}/profilephoto/005/F`,
    address: {},
    urls: serviceUrls(url, row),
    active: row.IsActive,
    user_type: "STANDARD",
    language: row.LanguageLocaleKey,
    locale: row.LocaleSidKey,
    utcOffset: 0,
    updated_at: row.LastModifiedDate,
  };
}

/** `{version}` is for the client to fill in. */
function serviceUrls(url: string, row: Row): Record<string, string> {
  return {
    rest: `${url}/services/data/v{version}/`,
    sobjects: `${url}/services/data/v{version}/sobjects/`,
    query: `${url}/services/data/v{version}/query/`,
    profile: `${url}/${String(row.Id)}`,
  };
}

function refuse(reply: FastifyReply, status: number, word: string): FastifyReply {
  return reply.code(status).type("text/html;charset=UTF-8").send(word);
}
