import type { Configuration } from "openid-client";
import { type ConnectorError, type ConnectorErrorCode, isConnectorError, ValidationError } from "../errors/index.js";
import { parseRetryAfter } from "../http/retry-after.js";
import type { HttpMethod, ResponseHeaders, Transport, TransportResponse } from "../http/types.js";
import type { Clock } from "../runtime/index.js";
import { type OAuthAttempt, type OAuthRefusal, outcomeUnknown, toOAuthError } from "./oauth-errors.js";
import type { OAuthProfile } from "./profile.js";

/** The module itself: its import costs tens of milliseconds, so it happens at the first flow and not on ours. */
export type OpenidClient = typeof import("openid-client");

let loaded: Promise<OpenidClient> | undefined;

/** `openid-client`, imported once. */
export function loadOpenidClient(): Promise<OpenidClient> {
  loaded ??= import("openid-client").catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

/** One request to an endpoint of the authorization server. */
export interface EndpointCall extends OAuthAttempt {
  readonly profile: OAuthProfile;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Form fields that go out exactly so, whatever the library made of them. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Makes the request by the library's functions. */
  run(client: OpenidClient, configuration: Configuration): Promise<unknown>;
}

/** What came back: the body as the vendor sent it, before the library changed or refused any of it. */
interface Answer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Makes one request through `openid-client` and our transport.
 *
 * The library builds the request and authenticates the client; what it would choke on after a refresh token has been
 * spent is taken out of the answer before it looks (see {@link forTheLibrary}).
 *
 * @returns `body`: the JSON of the answer as the vendor sent it, empty for an answer without one. `serverNowMs`: what the
 *   server's clock said (the `Date` header), `undefined` where it did not say.
 * @throws {ConnectorError} as the table in `oauth-errors.ts` says.
 */
export async function callEndpoint(
  call: EndpointCall,
): Promise<{ readonly body: Readonly<Record<string, unknown>>; readonly serverNowMs: number | undefined }> {
  let answer: Answer | undefined;
  let failure: unknown;
  const { client, configuration } = await prepare(call);
  configuration[client.customFetch] = async (url, options) => {
    try {
      const response = await send(call, url, options.method, options.headers, options.body);
      answer = { status: response.status, headers: response.headers, json: jsonObject(response) };
      return forTheLibrary(answer);
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  try {
    await call.run(client, configuration);
  } catch (error) {
    if (failure !== undefined) throw transportFailure(failure, call);
    if (answer !== undefined) throw toOAuthError(refusalOf(answer, call.clock.now()), call);
    // Before anything was sent. The library's words are kept, but not its error: it holds what it was given.
    throw isConnectorError(error) ? error : requestNotBuilt(error, call);
  }
  return { body: answer?.json ?? {}, serverNowMs: dateOf(answer?.headers.date) };
}

function dateOf(header: string | string[] | undefined): number | undefined {
  const milliseconds = typeof header === "string" ? Date.parse(header) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

async function prepare(call: EndpointCall): Promise<{ client: OpenidClient; configuration: Configuration }> {
  try {
    const client = await loadOpenidClient();
    return { client, configuration: configure(client, call.profile) };
  } catch (error) {
    throw requestNotBuilt(error, call);
  }
}

function configure(client: OpenidClient, profile: OAuthProfile): Configuration {
  const { clientSecret } = profile;
  const method = profile.clientAuthentication ?? (clientSecret === undefined ? "none" : "client_secret_post");
  const authentication = {
    client_secret_post: () => client.ClientSecretPost(clientSecret ?? ""),
    client_secret_basic: () => client.ClientSecretBasic(clientSecret ?? ""),
    tls_client_auth: () => client.TlsClientAuth(),
    none: () => client.None(),
  }[method]();
  const metadata = {
    issuer: profile.issuer,
    token_endpoint: profile.tokenEndpoint,
    ...(profile.authorizationEndpoint === undefined ? {} : { authorization_endpoint: profile.authorizationEndpoint }),
    ...(profile.revocationEndpoint === undefined ? {} : { revocation_endpoint: profile.revocationEndpoint }),
    ...(profile.introspectionEndpoint === undefined ? {} : { introspection_endpoint: profile.introspectionEndpoint }),
  };
  const configuration = new client.Configuration(metadata, profile.clientId, {}, authentication);
  // Which schemes and hosts are allowed is the transport's decision, and timeouts are the caller's signal.
  client.allowInsecureRequests(configuration);
  configuration.timeout = 0;
  return configuration;
}

async function send(
  call: EndpointCall,
  url: string,
  method: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<TransportResponse> {
  const form = new URLSearchParams(body instanceof URLSearchParams ? body : undefined);
  for (const [name, value] of Object.entries(call.fields ?? {})) form.set(name, value);
  return call.transport.request({
    method: method as HttpMethod,
    url,
    headers: { ...withoutUserAgent(headers), ...call.profile.tokenHeaders },
    body: form.toString(),
    // What spends a refresh token or a code is sent once; the rest may be repeated by the transport.
    idempotent: call.spends === undefined,
    ...(call.spends === undefined ? {} : { maxAttempts: 1 }),
    maxResponseBytes: 1_048_576,
    name: `oauth.${call.what.replaceAll(" ", "_")}`,
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
}

/** The transport names us to the vendor, with the product that the caller configured. */
function withoutUserAgent(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "user-agent"));
}

/**
 * The answer as the library needs it. It would throw a fresh grant away for an `expires_in` of -1, for an empty
 * `refresh_token` or for an `id_token` of another issuer: those fields are ours to read, and an id_token is not used
 * at all (we are granted access to an API; nobody logs in to us). It reads no body when a 401 carries
 * `WWW-Authenticate`, and demands status 200 where RFC 7009 servers answer 204: so it gets neither.
 */
function forTheLibrary(answer: Answer): Response {
  const { status, json } = answer;
  const headers = { "content-type": "application/json" };
  if (json === undefined) return new Response(status < 300 ? "" : "{}", { status: status < 300 ? 200 : 500, headers });
  if (typeof json.error === "string" && json.access_token === undefined) {
    return Response.json({ error: json.error }, { status: Math.max(status, 400) });
  }
  if (status >= 300) return Response.json({}, { status: 500 });
  const { access_token, token_type, active } = json;
  return Response.json({ access_token, token_type: token_type ?? "Bearer", active });
}

function jsonObject(response: TransportResponse): Readonly<Record<string, unknown>> | undefined {
  if (response.body.length === 0) return undefined;
  try {
    const value: unknown = JSON.parse(response.text());
    return isRecord(value) ? value : undefined;
  } catch {
    // Not JSON is an answer too (a gateway's page); its text must not go into an error, it may hold half a token.
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusalOf(answer: Answer, nowMs: number): OAuthRefusal {
  const { error, error_description: description } = answer.json ?? {};
  const retryAfterMs = parseRetryAfter(answer.headers["retry-after"], nowMs);
  return {
    status: answer.status,
    ...(typeof error === "string" ? { error } : {}),
    ...(typeof description === "string" ? { description } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

const sentCodes: ReadonlySet<ConnectorErrorCode> = new Set(["OUTCOME_UNKNOWN", "RESPONSE_CUT", "RESPONSE_TOO_LARGE"]);

/** A transport's failure says itself whether the request was sent: `CANCELLED`, for a request that is not idempotent, is "no". */
function transportFailure(failure: unknown, call: EndpointCall): unknown {
  if (!isConnectorError(failure)) return failure;
  if (call.spends === undefined) return failure;
  if (!sentCodes.has(failure.code)) return failure;
  return outcomeUnknown(`The ${call.what} got no complete answer`, call, undefined, failure);
}

/** Its code says that nothing was sent, so that no refresh token is taken for one in doubt. */
function requestNotBuilt(error: unknown, call: EndpointCall): ConnectorError {
  const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
  return new ValidationError(
    `The ${call.what} could not be prepared${code}: check client id, secret and OAuth profile.`,
  );
}
