import { createHash, randomBytes } from "node:crypto";
import type { SalesforceSandbox } from "../src/index.js";

/** Where the sandbox sends the browser back to. Nothing listens there: tests read the address only. */
export const redirectUri = "http://127.0.0.1/callback";

/** A response with its body read. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: unknown;
}

/** Sends a request and reads the answer, following no redirect. */
export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: "manual", ...init });
  const text = await response.text();
  const json: unknown =
    /json/.test(response.headers.get("content-type") ?? "") && text !== "" ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

/** Asks the token endpoint; client id and secret are filled in unless given. */
export function requestToken(
  sandbox: SalesforceSandbox,
  form: Record<string, string>,
  headers: Record<string, string> = {},
) {
  const { id, secret } = sandbox.client;
  const credentials: Record<string, string> = headers.authorization ? {} : { client_id: id, client_secret: secret };
  const body = new URLSearchParams({ ...credentials, ...form });
  return send(`${sandbox.url}/services/oauth2/token`, { method: "POST", body, headers });
}

/** The address of the authorize page. */
export function authorizeUrl(sandbox: SalesforceSandbox, parameters: Record<string, string | undefined> = {}): string {
  const url = new URL("/services/oauth2/authorize", sandbox.url);
  const all = {
    response_type: "code",
    client_id: sandbox.client.id,
    redirect_uri: redirectUri,
    state: "s",
    ...parameters,
  };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

/** A fresh PKCE pair. */
export function makePkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

/** Gets a code; the sandbox must skip consent. */
export async function obtainCode(
  sandbox: SalesforceSandbox,
  parameters: Record<string, string | undefined> = {},
): Promise<string> {
  const answer = await send(authorizeUrl(sandbox, parameters));
  const code = new URL(answer.headers.get("location") ?? "").searchParams.get("code");
  if (code === null) throw new Error(`No code: ${answer.status} ${answer.headers.get("location")}`);
  return code;
}

/** The body of a successful token request. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
  [name: string]: unknown;
}

/** Signs in as the administrator; the sandbox must skip consent. */
export async function signIn(
  sandbox: SalesforceSandbox,
  parameters: Record<string, string | undefined> = {},
): Promise<Tokens> {
  const code = await obtainCode(sandbox, parameters);
  const answer = await requestToken(sandbox, { grant_type: "authorization_code", code, redirect_uri: redirectUri });
  return tokensOf(answer);
}

/** The tokens in an answer. @throws {Error} when it is not a success. */
export function tokensOf(answer: Answer): Tokens {
  const body = answer.json;
  if (answer.status !== 200 || typeof body !== "object" || body === null) throw new Error(answer.text);
  const fields: Record<string, unknown> = { ...body };
  return { ...fields, access_token: String(fields.access_token), refresh_token: String(fields.refresh_token) };
}

/** Calls the data API of version 60 with a token; `body` goes as JSON. */
export function callApi(
  sandbox: SalesforceSandbox,
  accessToken: string,
  path: string,
  options: { method?: string; body?: unknown; version?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const body =
    options.body === undefined
      ? undefined
      : typeof options.body === "string"
        ? options.body
        : JSON.stringify(options.body);
  return send(`${sandbox.url}/services/data/${options.version ?? "v60.0"}${path}`, {
    method: options.method ?? "GET",
    headers: {
      authorization: `Bearer ${accessToken}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
}

/** Runs a query and gives its answer. */
export function query(sandbox: SalesforceSandbox, accessToken: string, soql: string): Promise<Answer> {
  return callApi(sandbox, accessToken, `/query?q=${encodeURIComponent(soql)}`);
}
