import { type QuickbooksSandbox, type QuickbooksSandboxOptions, startQuickbooksSandbox } from "../../src/index.js";
import { type Answer, redirectUri, send } from "../client.js";

/** A sandbox for tests: no page to click, no limits. */
export function startForTest(options: QuickbooksSandboxOptions = {}): Promise<QuickbooksSandbox> {
  return startQuickbooksSandbox({ skipConsent: true, throttle: false, ...options });
}

/** The address of the authorize page. */
export function authorizeUrl(sandbox: QuickbooksSandbox, parameters: Record<string, string | undefined> = {}): string {
  const url = new URL("/connect/oauth2", sandbox.url);
  const all = {
    response_type: "code",
    client_id: sandbox.client.id,
    redirect_uri: redirectUri,
    scope: "com.intuit.quickbooks.accounting",
    state: "s",
    ...parameters,
  };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

/** Asks the token endpoint with HTTP Basic. */
export function requestToken(
  sandbox: QuickbooksSandbox,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const credentials = Buffer.from(`${sandbox.client.id}:${sandbox.client.secret}`).toString("base64");
  return send(`${sandbox.url}/oauth2/v1/tokens/bearer`, {
    method: "POST",
    body: new URLSearchParams(form),
    headers: { authorization: `Basic ${credentials}`, ...headers },
  });
}

/** Refreshes. */
export function refresh(sandbox: QuickbooksSandbox, refreshToken: string): Promise<Answer> {
  return requestToken(sandbox, { grant_type: "refresh_token", refresh_token: refreshToken });
}

/** The tokens and the company of a fresh connection; the sandbox must skip consent. */
export async function connect(
  sandbox: QuickbooksSandbox,
  parameters: Record<string, string | undefined> = {},
): Promise<{ realmId: string; access_token: string; refresh_token: string; tokens: Record<string, unknown> }> {
  const answer = await send(authorizeUrl(sandbox, parameters));
  const target = new URL(answer.headers.get("location") ?? "");
  const code = target.searchParams.get("code") ?? "";
  const exchanged = await requestToken(sandbox, { grant_type: "authorization_code", code, redirect_uri: redirectUri });
  const tokens = fieldsOf(exchanged.json);
  return {
    realmId: target.searchParams.get("realmId") ?? "",
    access_token: String(tokens.access_token),
    refresh_token: String(tokens.refresh_token),
    tokens,
  };
}

/** Calls the accounting API of one company with one token. */
export interface Api {
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Creates a record and gives it. @throws {Error} with the answer when it was refused. */
  create(entity: string, fields: Record<string, unknown>): Promise<Fields>;
  read(entity: string, id: unknown): Promise<Fields>;
  query(text: string): Promise<Answer>;
}

/** The fields of a JSON object. */
export type Fields = Record<string, unknown>;

/** An API client with a fresh token for the first company. */
export async function openApi(sandbox: QuickbooksSandbox): Promise<Api> {
  const { realmId, access_token } = await connect(sandbox);
  return apiWith(sandbox, realmId, access_token);
}

/** An API client with this token. */
export function apiWith(sandbox: QuickbooksSandbox, realmId: string, accessToken: string): Api {
  const base = `${sandbox.url}/v3/company/${realmId}`;
  const authorization = `Bearer ${accessToken}`;
  const api: Api = {
    get: (path) => send(`${base}${path}`, { headers: { authorization } }),
    post: (path, body, headers = {}) =>
      send(`${base}${path}`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    create: async (entity, fields) => {
      const answer = await api.post(`/${entity.toLowerCase()}`, fields);
      if (answer.status !== 200) throw new Error(answer.text);
      return fieldsOf(fieldsOf(answer.json)[entity]);
    },
    read: async (entity, id) => {
      const answer = await api.get(`/${entity.toLowerCase()}/${String(id)}`);
      if (answer.status !== 200) throw new Error(answer.text);
      return fieldsOf(fieldsOf(answer.json)[entity]);
    },
    query: (text) => api.get(`/query?query=${encodeURIComponent(text)}`),
  };
  return api;
}

/** A value as an object with fields; an empty one when it is none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The code of the first error in a `Fault`, with the status: `"400/5010"`. */
export function faultOf(answer: Answer): string {
  const [error] = listOf(fieldsOf(fieldsOf(answer.json).Fault).Error);
  return `${answer.status}/${String(error?.code)}`;
}

/** A value as a list of objects. */
export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
