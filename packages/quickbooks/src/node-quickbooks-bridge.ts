import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";
import { ConnectorError, type HttpMethod, httpMethods } from "@isthmus/core";
import { type Api, type ApiRequest, requireJson } from "./api.js";
import { stringifyDecimalJson } from "./decimal-json.js";

/** node-quickbooks' methods with promises for callbacks: `await library.getExchangeRate({ sourcecurrencycode: "EUR" })`. */
export type NodeQuickbooks = Readonly<Record<string, (...parameters: readonly unknown[]) => Promise<unknown>>>;

/** What of an axios request its adapter gets, as far as node-quickbooks sets it. */
interface AxiosRequest {
  readonly url: string;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
}
type AxiosAdapter = (request: AxiosRequest) => Promise<unknown>;
interface Axios {
  readonly defaults: { adapter: unknown };
  getAdapter(adapter: unknown): AxiosAdapter;
}
type LibraryMethod = (this: unknown, ...parameters: unknown[]) => unknown;
type Library = new (settings: object) => Readonly<Record<string, LibraryMethod | undefined>>;

/** Never reached: what begins so is below the company. */
const endpoint = "https://company.invalid/v3/company/";
const realmId = "0";

/** What has a method of ours because the library's own does harm. */
const refused: readonly (readonly [RegExp, string])[] = [
  [/^(?:find|count)/, "Its query builder lets a value become a part of the query: use query or count."],
  [
    /^(?:batch|changeDataCapture|upload)$/,
    "It would do things twice when an answer is lost: use the connector's own method.",
  ],
  [/^(?:refreshAccessToken|revokeAccess|getUserInfo|reconnect|disconnect)$/, "The connector keeps the tokens."],
  [/^get\w+Pdf$/, "Use pdf, which streams."],
  [/^(?:create|update|delete|void)/, "Use create, update, delete and void, which write once."],
];

/** The calls that are under way in node-quickbooks, each with the API of its own connector. */
const scope = new AsyncLocalStorage<{ readonly api: Api; readonly name: string; readonly signal: AbortSignal }>();
let plugged: Promise<Library> | undefined;

/**
 * node-quickbooks on our transport: tokens, throttles, timeouts and errors are the connector's. For what reads and has no
 * method here, such as further reports and exchange rates.
 */
export async function plugNodeQuickbooks(api: Api, signal: AbortSignal): Promise<NodeQuickbooks> {
  plugged ??= plug();
  const library = new (await plugged)({
    endpoint,
    consumerKey: "",
    consumerSecret: "",
    token: "-",
    realmId,
    oauthversion: "2.0",
  });
  Object.assign(library, { endpoint, realmId });
  return new Proxy<NodeQuickbooks>(
    {},
    {
      // A promise of it must not be taken for a promise itself.
      get: (_target, name) =>
        typeof name === "symbol" || name === "then" ? undefined : promised(library, name, api, signal),
    },
  );
}

function promised(library: InstanceType<Library>, name: string, api: Api, signal: AbortSignal) {
  return async (...parameters: readonly unknown[]): Promise<unknown> => {
    const reason = refused.find(([pattern]) => pattern.test(name))?.[1];
    if (reason !== undefined)
      throw new ConnectorError("UNSUPPORTED", `node-quickbooks' ${name} is not available. ${reason}`);
    const method = library[name];
    if (typeof method !== "function") throw new ConnectorError("UNSUPPORTED", `node-quickbooks has no method ${name}.`);
    // It changes what it is given, and calls back again when the callback throws.
    const own = structuredClone(parameters);
    return scope.run({ api, name, signal }, () => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      method.call(library, ...own, (failure: unknown, body: unknown) => (failure ? reject(failure) : resolve(body)));
      return promise;
    });
  };
}

/** Puts our adapter before that of the axios which node-quickbooks calls. Outside of our calls that axios is as it was. */
async function plug(): Promise<Library> {
  const module: unknown = await import("node-quickbooks");
  const requireOfLibrary = createRequire(createRequire(import.meta.url).resolve("node-quickbooks"));
  const axios: Axios = requireOfLibrary("axios");
  const before = axios.defaults.adapter;
  const ours: AxiosAdapter = (request) => {
    const call = scope.getStore();
    return call === undefined ? axios.getAdapter(before)(request) : exchange(call.api, request, call.name, call.signal);
  };
  axios.defaults.adapter = ours;
  return readLibrary(module);
}

function readLibrary(module: unknown): Library {
  const library = typeof module === "object" && module !== null ? Reflect.get(module, "default") : undefined;
  if (typeof library === "function") return library;
  throw new ConnectorError("INTERNAL", "node-quickbooks does not export its class any more. Please report it.");
}

async function exchange(api: Api, request: AxiosRequest, name: string, signal: AbortSignal): Promise<unknown> {
  const sent = { ...toApiRequest(request, name), idempotent: true, signal };
  const answer = await api.exchange(sent);
  if (!api.isGood(answer)) throw api.failure(answer, sent);
  const { status, headers } = answer;
  return { data: requireJson(answer, name), status, statusText: "", headers, config: request };
}

function toApiRequest({ url, method, params = {}, data }: AxiosRequest, name: string): ApiRequest {
  const company = endpoint + realmId;
  if (!url.startsWith(`${company}/`)) {
    throw new ConnectorError("FORBIDDEN_TARGET", "node-quickbooks was asked for an address outside the company.");
  }
  const { minorversion: _version, format: _format, ...query } = params;
  return {
    name,
    method: toMethod(method),
    path: url.slice(company.length),
    query: Object.fromEntries(Object.entries(query).map(([key, value]) => [key, String(value)])),
    ...(data !== undefined && {
      headers: { "content-type": "application/json" },
      body: typeof data === "string" ? data : stringifyDecimalJson(data),
    }),
  };
}

function toMethod(method: string): HttpMethod {
  const known = httpMethods.find((each) => each === method.toUpperCase());
  if (known !== undefined) return known;
  throw new ConnectorError("UNSUPPORTED", "node-quickbooks uses an HTTP method that the transport does not send.");
}
