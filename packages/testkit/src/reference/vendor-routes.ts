import { type Grants, vendorAccounts } from "./grants.js";
import { answerCards, type VendorCards } from "./vendor-cards.js";
import { answerImport, type VendorImport } from "./vendor-imports.js";
import type { VendorAnswer, VendorRequest } from "./vendor-messages.js";

/** What the routes read and change. */
export interface VendorState {
  readonly grants: Grants;
  readonly notes: string[];
  readonly nextPage: string | null;
  readonly imports: Map<string, VendorImport>;
  readonly cards: VendorCards;
}

/** Does what was asked. */
export function answerRequest(request: VendorRequest, state: VendorState): VendorAnswer {
  const { method, url } = request;
  switch (`${method} ${url.pathname}`) {
    case "GET /oauth/authorize":
      return authorize(url, state.grants);
    case "POST /oauth/token":
      return clientFailure(request) ?? state.grants.token(new URLSearchParams(request.body));
    case "POST /oauth/revoke":
      return clientFailure(request) ?? revoke(request, state.grants);
  }
  if (!isAuthenticated(request, state.grants)) return failure(401, "UNAUTHENTICATED", "No valid token or password.");
  if (url.pathname.startsWith("/api/cards")) return answerCards(request, state.cards);
  if (url.pathname.startsWith("/api/imports")) return answerImport(request, state.imports);
  switch (`${method} ${url.pathname}`) {
    case "GET /api/me":
      return { status: 200, body: { id: "account-1", name: "Reference Notes Ltd", user: "ada@example.com" } };
    case "GET /api/notes":
      return {
        status: 200,
        body: { notes: state.notes.map((note, id) => ({ id, text: note })), next: state.nextPage },
      };
    case "POST /api/notes":
      return create(request, state);
    default:
      return failure(404, "NO_SUCH_ROUTE", "There is nothing here.");
  }
}

/** A person's answer comes as `decision`, where a real page would have two buttons. */
function authorize(url: URL, grants: Grants): VendorAnswer {
  const redirectUri = url.searchParams.get("redirect_uri");
  if (redirectUri === null || url.searchParams.get("client_id") !== vendorAccounts.clientId) {
    return failure(400, "INVALID_REQUEST", "client_id or redirect_uri is wrong.");
  }
  const callback = new URL(redirectUri);
  const answer = grants.authorize(url.searchParams, url.searchParams.get("decision") === "allow");
  for (const [name, value] of answer) callback.searchParams.set(name, value);
  return { status: 302, headers: { location: callback.href } };
}

function clientFailure(request: VendorRequest): VendorAnswer | undefined {
  const form = new URLSearchParams(request.body);
  const proven =
    form.get("client_id") === vendorAccounts.clientId && form.get("client_secret") === vendorAccounts.clientSecret;
  return proven ? undefined : { status: 401, body: { error: "invalid_client" } };
}

function revoke(request: VendorRequest, grants: Grants): VendorAnswer {
  grants.revoke(new URLSearchParams(request.body).get("token") ?? "");
  return { status: 200 };
}

function isAuthenticated(request: VendorRequest, grants: Grants): boolean {
  const [scheme, value = ""] = (request.authorization ?? "").split(" ");
  if (scheme === "Bearer") return grants.isValid(value);
  const password = `${vendorAccounts.username}:${vendorAccounts.password}`;
  return scheme === "Basic" && Buffer.from(value, "base64").toString() === password;
}

function create(request: VendorRequest, state: VendorState): VendorAnswer {
  const sent: unknown = JSON.parse(request.body);
  if (typeof sent !== "object" || sent === null || !("text" in sent) || typeof sent.text !== "string") {
    return failure(400, "INVALID_NOTE", "A note has a text.");
  }
  state.notes.push(sent.text);
  return { status: 201, body: { id: state.notes.length - 1 } };
}

function failure(status: number, code: string, message: string): VendorAnswer {
  return { status, body: { error: { code, message } } };
}
