import {
  type AccessToken,
  BaseConnector,
  type ConnectedAccount,
  ConnectorError,
  type ConnectorRequest,
  findOperation,
  OutcomeUnknownError,
  runOperation,
  type TransportResponse,
} from "@isthmus/core";
import type { ApiClient, RequestTraits } from "./api-client.js";
import { type ConfiguredEntities, createEntitySource } from "./entities/entity-source.js";
import { isTokenRefused, mapFailure } from "./errors.js";
import { resolvePointer } from "./json-pointer.js";
import { createOperations } from "./operations.js";
import type { CustomConfiguration } from "./options/configuration.js";
import type { CustomCredentials } from "./options/credentials.js";
import { type BuiltRequest, buildRequest, withQuery } from "./requests/build-request.js";
import { unfit } from "./requests/value-text.js";
import { Secrets } from "./secrets.js";

/** What every call takes. */
export interface CallOptions {
  /** Ends the call when aborted. */
  readonly signal?: AbortSignal;
  /** The caller's key of this write: two calls with the same one have one effect, where the API knows such keys. */
  readonly idempotencyKey?: string;
}

/** An API that a configuration describes. Its operations are called by name; its entities are lists that can be followed. */
export class CustomConnector extends BaseConnector<CustomCredentials, CustomConfiguration> implements ApiClient {
  /** The lists of records that the configuration names. */
  readonly entities: ConfiguredEntities = createEntitySource(this, this.context.configuration, this.context.clock);
  readonly #operations = createOperations(this.context.configuration);
  readonly #secrets = new Secrets(this.context.credentials);

  /**
   * Runs an operation of the configuration.
   *
   * @param input - As the operation's input schema wants it.
   * @returns The operation's result, which fits its output schema.
   * @throws {ValidationError} before anything is sent, when the input does not fit.
   * @throws {NotFoundError} when the configuration has no such operation, or the API has no such thing.
   * @throws {ConnectorError} what the API's failure is mapped to.
   */
  call(name: string, input: unknown = {}, options: CallOptions = {}): Promise<unknown> {
    const { signal = this.context.signal, idempotencyKey } = options;
    const operation = findOperation(this.#operations, name);
    return runOperation(this, operation, input, { signal, ...(idempotencyKey !== undefined && { idempotencyKey }) });
  }

  /** See `ApiClient`. */
  sendBuilt(request: BuiltRequest, traits: RequestTraits): Promise<TransportResponse> {
    return this.sendTo(this.addressOf(request.path), request, traits);
  }

  /** See `ApiClient`. */
  sendNext(path: string, request: Omit<BuiltRequest, "path">, traits: RequestTraits): Promise<TransportResponse> {
    return this.sendTo(this.assertAddress(`${this.origin}${path}`), request, traits);
  }

  /** See `ApiClient`. */
  get origin(): string {
    return new URL(this.context.configuration.baseUrl).origin;
  }

  /** See `ApiClient`. */
  makeIdempotencyKey(): string {
    return this.context.random.bytes(24).toString("base64url");
  }

  /** See `ApiClient`: a write was done, and nobody knows what became of it. */
  unreadable(cause: ConnectorError, { idempotent, reconcile }: RequestTraits): ConnectorError {
    if (idempotent !== false) return cause;
    return new OutcomeUnknownError(
      "The API accepted the request, but its answer is not what the configuration promises. Look the result up before sending it again.",
      { cause, reconcile: reconcile ?? "Look the record up at the API before sending the request again." },
    );
  }

  protected async identify(signal: AbortSignal): Promise<ConnectedAccount> {
    const { test, baseUrl } = this.context.configuration;
    const answer = await this.askTest(signal);
    const read = (pointer: string | undefined) => (pointer === undefined ? undefined : nameOf(answer, pointer));
    const id = read(test.accountId) ?? baseUrl;
    const user = read(test.user);
    return {
      id,
      name: read(test.accountName) ?? id,
      environment: test.environment,
      ...(user !== undefined && { user }),
    };
  }

  protected baseUrl(): string {
    return this.origin;
  }

  protected mapFailure(response: TransportResponse, request: ConnectorRequest): ConnectorError {
    const { errors } = this.context.configuration;
    return mapFailure(response, request, { errors, secrets: this.#secrets, nowMs: this.clock.now() });
  }

  protected override isTokenRefused(response: { readonly status: number; readonly body?: unknown }): boolean {
    return isTokenRefused(response, this.context.configuration.errors);
  }

  protected override credentialHeaders(token: AccessToken | undefined): Readonly<Record<string, string>> {
    const { authenticationMethod, configuration, credentials } = this.context;
    if (token) this.#secrets.add(token.value);
    if (authenticationMethod === "basic" && "password" in credentials) {
      const encoded = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
      this.#secrets.add(encoded);
      return { authorization: `Basic ${encoded}` };
    }
    const { apiKey } = configuration.authentication;
    if (authenticationMethod !== "api_key" || !("apiKey" in credentials)) return super.credentialHeaders(token);
    return apiKey?.in === "header"
      ? { [apiKey.name.toLowerCase()]: `${apiKey.prefix ?? ""}${credentials.apiKey}` }
      : {};
  }

  /** See `ApiClient`. */
  get keyParameter(): string | undefined {
    const { authenticationMethod, configuration } = this.context;
    const { apiKey } = configuration.authentication;
    return authenticationMethod === "api_key" && apiKey?.in === "query" ? apiKey.name : undefined;
  }

  private sendTo(
    address: string,
    request: Omit<BuiltRequest, "path">,
    traits: RequestTraits,
  ): Promise<TransportResponse> {
    const { credentials } = this.context;
    const name = this.keyParameter;
    const path =
      name !== undefined && "apiKey" in credentials ? withQuery(address, [[name, credentials.apiKey]]) : address;
    const { method, headers, body } = request;
    return this.send({ ...traits, method, headers, path, ...(body !== undefined && { body }) });
  }

  /** See `ApiClient`. */
  addressOf(path: string): string {
    return this.assertAddress(`${this.context.configuration.baseUrl}${path}`);
  }

  /** That an address is read by others as it was written: what a URL parser would rewrite is what nobody has judged. */
  private assertAddress(address: string): string {
    const url = URL.parse(address);
    if (url?.href === address && url.origin === this.origin) return address;
    throw unfit("", "makes an address that would be read as another one");
  }

  private async askTest(signal: AbortSignal): Promise<unknown> {
    const { test } = this.context.configuration;
    if (test.operation !== undefined) return this.call(test.operation, test.input ?? {}, { signal });
    const { path = "/", query, headers } = test;
    const request = buildRequest({ method: "GET", path, query, headers }, {});
    const response = await this.sendBuilt(request, { name: "test", idempotent: true, signal });
    const isRead = [test.accountId, test.accountName, test.user].some((pointer) => pointer !== undefined);
    return isRead ? response.json() : undefined;
  }
}

/** A text or number that names something. */
function nameOf(answer: unknown, pointer: string): string {
  const value = resolvePointer(answer, pointer);
  if ((typeof value === "string" && value !== "") || typeof value === "number") return String(value).slice(0, 500);
  throw new ConnectorError("UNEXPECTED_RESPONSE", `The answer of the connection test has no text at "${pointer}".`);
}
