import { Readable } from "node:stream";
import { AuthenticationError, ConnectorError, codeOf, isConnectorError, KnownSecrets } from "../errors/index.js";
import type { ConnectionIdentity, EventEmitter } from "../events/index.js";
import {
  type PoolStatus,
  type Transport,
  type TransportRequest,
  type TransportResponse,
  type TransportStreamResponse,
  toSendable,
} from "../http/index.js";
import type {
  AccessToken,
  BegunClaim,
  OAuthClient,
  PendingAuthorization,
  StartAuthorizationOptions,
  TokenManager,
  TokenSet,
} from "../oauth/index.js";
import type { Clock } from "../runtime/index.js";
import type { ConnectedAccount, ConnectionCheck, ConnectionTest, Revocation } from "./connection.js";
import type { CreateContext } from "./context.js";
import { readWhole } from "./read-whole.js";

/** A request to the connected vendor: its path is resolved against the vendor's base address. */
export interface ConnectorRequest extends Omit<TransportRequest, "url"> {
  /** Absolute path with query, or a full URL that the vendor itself gave. */
  readonly path: string;
}

/**
 * What every connector does alike: connecting, disconnecting, testing, the authorization flow, sending with a valid token,
 * and one retry when the vendor refuses it. A vendor's class holds vendor knowledge only.
 */
export abstract class BaseConnector<Credentials = unknown, Configuration = unknown> {
  /** Everything that this connector works with. */
  protected readonly context: CreateContext<Credentials, Configuration>;
  /** Refusals of a token to requests whose body cannot be sent again, where a new token is there by now. */
  readonly #spent = new WeakSet<object>();
  /** Made when the first failure is told: most connectors never need it. */
  #secrets: KnownSecrets | undefined;

  constructor(context: CreateContext<Credentials, Configuration>) {
    this.context = context;
  }

  /** Whom log lines and events speak of. */
  get connection(): ConnectionIdentity {
    return this.context.connection;
  }

  /** Where this connector's events go. */
  get events(): EventEmitter {
    return this.context.events;
  }

  /** The clock that this connector lives by. */
  get clock(): Clock {
    return this.context.clock;
  }

  /** What it holds for a number of callers, as it is now: its connections; a vendor's class adds what else it has. For metrics. */
  get pools(): readonly PoolStatus[] {
    return [this.context.transport.pool()];
  }

  /**
   * Takes this connector's credentials and tokens out of everything that an error says: a vendor may quote what it was sent.
   *
   * @returns the same error.
   */
  conceal<Failure extends ConnectorError>(error: Failure): Failure {
    this.#secrets ??= new KnownSecrets(this.context.credentials);
    for (const token of this.context.tokens?.secrets ?? []) this.#secrets.add(token);
    return this.#secrets.concealError(error);
  }

  /**
   * Makes sure that the connector can work: has a valid token, and the vendor answers. Doing it twice does no harm. Here as
   * everywhere, `signal` ends the work beside the context's own, which always does.
   *
   * @throws {AuthenticationError} `RECONNECT_REQUIRED` when a person has to authorise first.
   */
  async connect(signal: AbortSignal = this.context.signal): Promise<ConnectedAccount> {
    const account = await this.identify(signal);
    this.events.emit("connector.connected", { connection: this.connection, accountId: account.id });
    return account;
  }

  /**
   * Revokes the grant at the vendor, then destroys the local tokens, even when the vendor could not be told. Doing it
   * twice does no harm.
   *
   * @param signal - Ends the attempt to tell the vendor; the local tokens are destroyed all the same.
   * @returns `revoked`: whether the vendor confirmed. `false` with a `failure` means that the grant may live on there.
   * @throws what the token store throws when it is away. The tokens are then still stored, revoked or not: disconnect again.
   */
  async disconnect(signal?: AbortSignal): Promise<Omit<Revocation, "held">> {
    const { held, ...told } = await this.revoke(signal);
    if (!held) return told;
    await this.tokens().clear();
    this.events.emit("connector.disconnected", { connection: this.connection, revoked: told.revoked });
    return told;
  }

  /**
   * The first half of {@link disconnect}: asks the vendor to revoke the grant and leaves the local tokens as they are, so that
   * it can be asked again when it is away.
   *
   * @param signal - Ends the attempt.
   * @throws what the token store throws when it is away.
   */
  async revoke(signal?: AbortSignal): Promise<Revocation> {
    const { tokens, oauth } = this.context;
    if (!tokens || !oauth) return { held: false, revoked: false };
    // A renewal under way, here or in another process, spends the refresh token that is stored now: the one to revoke is the
    // one that it brings.
    await tokens.quiesce();
    const set = await tokens.peek();
    if (!set) return { held: false, revoked: false };
    try {
      return { held: true, revoked: await oauth.revoke(set, this.endedBy(signal)) };
    } catch (error) {
      const failure = isConnectorError(error)
        ? error
        : new ConnectorError("INTERNAL", "The revocation failed.", { cause: error });
      return { held: true, revoked: false, failure };
    }
  }

  /**
   * Asks the vendor who we are and whether its API answers. What the vendor and the network do is a result, never thrown.
   *
   * @throws {ConnectorError} `CANCELLED` when a signal ended the test: that says nothing of the connection.
   * @throws what is no `ConnectorError`: a token store that is away, a defect.
   */
  async testConnection(signal: AbortSignal = this.context.signal): Promise<ConnectionTest> {
    const startedMs = this.clock.now();
    const checks: ConnectionCheck[] = [];
    let account: ConnectedAccount | undefined;
    try {
      account = await this.identify(signal);
      checks.push({
        name: "identity",
        ok: true,
        detail: `Connected to ${account.name}${account.user ? ` as ${account.user}` : ""}.`,
      });
      checks.push(...(await this.check(signal)));
    } catch (error) {
      if (this.endedBy(signal).aborted) throw error;
      if (!isConnectorError(error)) throw this.conceal(defect("testing the connection", error));
      const { message: detail, code } = this.conceal(error);
      checks.push({ name: account ? "api" : "identity", ok: false, detail, code });
    }
    const ok = checks.every((check) => check.ok);
    return { ok, latencyMs: this.clock.now() - startedMs, ...(account && { account }), checks };
  }

  /**
   * The address at which a person allows the connection, and what has to be kept (secretly) until they come back.
   *
   * @throws {ConnectorError} `UNSUPPORTED` when the scheme has no such step.
   */
  async getAuthUrl(
    options: StartAuthorizationOptions,
  ): Promise<{ readonly authorizationUrl: string; readonly pending: PendingAuthorization }> {
    return this.browserFlow().startAuthorization(options);
  }

  /**
   * Ends the flow that {@link getAuthUrl} began: checks the state, exchanges the code, stores the tokens, and asks the
   * vendor whose they are.
   *
   * When only that last question fails, its error is thrown and the tokens stay stored: the grant is good, and
   * {@link connect} asks again. When the store has no place for the tokens any more, because the connector changed or went
   * away meanwhile, the vendor is told to revoke the grant. When the store itself is away, the grant lives on at the vendor
   * unused; beginning anew makes another one.
   *
   * @param callbackUrl - The address that the browser came back to, with its query.
   * @throws {ConnectorError} `OAUTH_STATE_INVALID`, `OAUTH_DENIED`, `UNSUPPORTED`; `NOT_FOUND` when the connector changed or
   * went away meanwhile.
   */
  async handleCallback(
    callbackUrl: string,
    pending: PendingAuthorization,
    signal: AbortSignal = this.context.signal,
  ): Promise<ConnectedAccount> {
    const oauth = this.browserFlow();
    const tokens = await oauth.finishAuthorization(callbackUrl, pending, this.endedBy(signal));
    try {
      await this.tokens().accept(tokens);
    } catch (error) {
      if (codeOf(error) === "NOT_FOUND") await this.giveBack(oauth, tokens);
      throw error;
    }
    return this.connect(signal);
  }

  /** Renews the access token now, whether it is due or not. */
  async refreshToken(signal: AbortSignal = this.context.signal): Promise<AccessToken> {
    return this.tokens().refreshNow({ signal: this.endedBy(signal) });
  }

  /** Renews the access token under a claim that a worker has made in the token store: see `TokenManager.renewUnder`. */
  async renewTokenUnder(claim: BegunClaim, beganAtMs: number): Promise<AccessToken> {
    return this.tokens().renewUnder(claim, beganAtMs);
  }

  /**
   * Ends the connector's connections, after the requests at work. A renewal that has called the vendor is stored first.
   * Afterwards the connector cannot be used: `CANCELLED`.
   */
  async close(): Promise<void> {
    const { transport, tokens } = this.context;
    // First: what a renewal under way still has to ask goes by the transport.
    await tokens?.close();
    await transport.close();
  }

  /** Who we are at the vendor, from the vendor. */
  protected abstract identify(signal: AbortSignal): Promise<ConnectedAccount>;

  /** What else a connection test looks at, once {@link identify} has succeeded. Default: nothing. */
  protected async check(_signal: AbortSignal): Promise<readonly ConnectionCheck[]> {
    return [];
  }

  /** The address that paths are resolved against. */
  protected abstract baseUrl(token: AccessToken | undefined): string;

  /** What an answer that is not 2xx means. One table per vendor. */
  protected abstract mapFailure(response: TransportResponse, request: ConnectorRequest): ConnectorError;

  /** Whether the vendor refused the token, so that another one may help. */
  protected isTokenRefused(response: { readonly status: number }): boolean {
    return response.status === 401;
  }

  /** Called before a request is sent again with a renewed token, to wait for a vendor that counts requests. Default: nothing. */
  protected async beforeSendingAgain(_signal: AbortSignal): Promise<void> {}

  /**
   * The headers that say who we are; they go with every request of {@link send}, {@link sendRaw} and {@link sendStream}.
   * Default: the token as a Bearer (RFC 6750 section 2.1), nothing without one. A scheme without tokens, such as an API
   * key, overrides it.
   */
  protected credentialHeaders(token: AccessToken | undefined): Readonly<Record<string, string>> {
    return token ? { authorization: `Bearer ${token.value}` } : {};
  }

  /** The transport, for a wrapped library that is plugged onto it. */
  protected get transport(): Transport {
    return this.context.transport;
  }

  /**
   * Sends with a valid token. One refused token is renewed once, never twice. The token is looked at before a body that is a
   * stream is read; where the vendor refuses it all the same, that body is spent, and the same call with a new one may
   * succeed.
   *
   * @throws what {@link mapFailure} makes of it; `AUTHENTICATION_FAILED`, retryable, when a body that was a stream is spent
   * and a new token is there.
   */
  protected async send(request: ConnectorRequest): Promise<TransportResponse> {
    const response = await this.sendRaw(request);
    if (isSuccess(response)) return response;
    throw this.#spent.has(response) ? bodySpent() : this.conceal(this.mapFailure(response, request));
  }

  /**
   * Like {@link send} with the answer's body as a stream, for files. Of an answer that is not 2xx, up to 64 KiB are read for
   * {@link mapFailure}. The caller reads the body to its end or destroys it.
   */
  protected async openStream(request: ConnectorRequest): Promise<TransportStreamResponse> {
    const response = await this.sendStream(request);
    if (isSuccess(response)) return response;
    const whole = await readWhole(response);
    throw this.#spent.has(response) ? bodySpent() : this.conceal(this.mapFailure(whole, request));
  }

  /** Like {@link send}, but every status is an answer. */
  protected sendRaw(request: ConnectorRequest): Promise<TransportResponse> {
    return this.withToken(request, (prepared) => this.transport.request(prepared));
  }

  /** Like {@link sendRaw} with the body as a stream. */
  protected sendStream(request: ConnectorRequest): Promise<TransportStreamResponse> {
    return this.withToken(request, (prepared) => this.transport.stream(prepared));
  }

  private async withToken<Response extends { readonly status: number; readonly body: Buffer | Readable }>(
    given: ConnectorRequest,
    send: (prepared: TransportRequest) => Promise<Response>,
  ): Promise<Response> {
    const { tokens } = this.context;
    const request = toSendable(given);
    const signal = this.endedBy(request.signal);
    let response: Response | undefined;
    try {
      const token = await tokens?.accessToken({ signal });
      response = await send(this.prepare(request, signal, token));
      if (!tokens || !token || !this.isTokenRefused(response)) return response;
      // A body that was a stream is spent: the refusal is the answer, and the new token is for the next request.
      const isSpent = request.body instanceof Readable;
      // An unread answer holds a place, which the renewal may need.
      if (!isSpent) letGo(response.body);
      const renewed = await tokens.accessToken({ notVersion: token.version, signal });
      if (isSpent && renewed.version !== token.version) this.#spent.add(response);
      if (isSpent) return response;
      await this.beforeSendingAgain(signal);
      return await send(this.prepare(request, signal, renewed));
    } catch (error) {
      letGo(request.body);
      letGo(response?.body);
      throw error;
    }
  }

  /** The connector's signal, and the caller's beside it: either ends the work. */
  private endedBy(signal: AbortSignal | undefined): AbortSignal {
    const own = this.context.signal;
    return signal === undefined || signal === own ? own : AbortSignal.any([signal, own]);
  }

  private prepare(request: ConnectorRequest, signal: AbortSignal, token: AccessToken | undefined): TransportRequest {
    const { path, ...rest } = request;
    const url = path.startsWith("/") ? this.baseUrl(token) + path : path;
    const budget = rest.budget ?? this.context.budget;
    return {
      ...rest,
      ...(budget && { budget }),
      url,
      signal,
      headers: { ...request.headers, ...this.credentialHeaders(token) },
    };
  }

  /** Revokes a grant that has no place here. That it lives on at the vendor unused, when that fails, is worth a line. */
  private async giveBack(oauth: OAuthClient, tokens: TokenSet): Promise<void> {
    try {
      await oauth.revoke(tokens, this.context.signal);
    } catch (error) {
      this.context.logger.warn(
        { ...this.connection, code: codeOf(error) },
        "A grant that came too late could not be revoked",
      );
    }
  }

  private tokens(): TokenManager {
    const { tokens, authenticationMethod } = this.context;
    if (tokens) return tokens;
    throw new ConnectorError("UNSUPPORTED", `The authentication method ${authenticationMethod} has no tokens.`);
  }

  private browserFlow(): OAuthClient {
    const { oauth, authenticationMethod } = this.context;
    if (oauth && authenticationMethod === "oauth2_authorization_code") return oauth;
    throw new ConnectorError(
      "UNSUPPORTED",
      `The authentication method ${authenticationMethod} has no step in a browser: the credentials are enough.`,
    );
  }
}

function isSuccess({ status }: { readonly status: number }): boolean {
  return status >= 200 && status < 300;
}

/** What a library or our own code threw. Its words may hold anything. */
function defect(what: string, cause: unknown): ConnectorError {
  return new ConnectorError("INTERNAL", `Isthmus failed at ${what}. Please report it.`, { cause });
}

function bodySpent(): ConnectorError {
  return new AuthenticationError(
    "The vendor refused the token after the body had begun. There is a new token now: send the same call again.",
    { retryable: true, vendor: { status: 401 } },
  );
}

/** A stream that nobody reads holds its file or its connection until it is destroyed. */
function letGo(body: unknown): void {
  if (body instanceof Readable) body.destroy();
}
