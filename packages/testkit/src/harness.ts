import type { AuthenticationMethod, BinaryContent, ConnectorEnvironment, ConnectorSettings } from "@isthmus/core";
import type { Capability } from "./capability.js";

/** A value, or a promise of it: a stand-in may live in this process or in another one. */
export type Awaitable<Value> = Value | Promise<Value>;

/**
 * The kinds of requests that clauses count and break. `token` and `revoke` are the OAuth endpoints; `read` and `write`
 * are the requests that the harness's read and write operations make; `any` is every request, those four included.
 */
export type RequestKind = "token" | "revoke" | "read" | "write" | "any";

/** What shall go wrong with the next requests of a kind, in the order in which faults were added. */
export type StandInFault = {
  readonly on: RequestKind;
  /** How many requests it spoils. Default 1. */
  readonly times?: number;
} & (
  | {
      /** Answers this status, without the effect that was asked for, with whatever body the vendor sends then. */
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Waits this many milliseconds of real time before it does what was asked. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Closes the connection without effect and without an answer. */
  | { readonly kind: "cut_before" }
  /** Does what was asked, then closes the connection without an answer. */
  | { readonly kind: "cut_after" }
  /** Does what was asked, then closes the connection in the middle of the answer's body. */
  | { readonly kind: "cut_body" }
);

/** A running stand-in of the vendor, fresh for one clause. */
export interface StandIn {
  /** Settings that work with it. `authenticationMethod` is the harness's. */
  readonly settings: Omit<ConnectorSettings, "authenticationMethod">;
  /** What the connector needs to reach it: `allowedPrivateHosts`, with the stand-in's exact `host:port`. */
  readonly environment: Pick<ConnectorEnvironment, "allowedPrivateHosts">;
  /** Makes the next requests go wrong. */
  fail(fault: StandInFault): Awaitable<void>;
  /** How many requests of a kind have arrived since the start, spoiled ones included. */
  count(kind: RequestKind): Awaitable<number>;
  /**
   * Secrets that the suite cannot see by itself. It knows the credentials whose schema says `writeOnly`, every stored
   * token, and what the authorization flow keeps; a derived one, such as a session cookie, belongs here.
   */
  secrets?(): Awaitable<readonly string[]>;
  /** Ends it, with everything that it is still waiting for. */
  close(): Awaitable<void>;
}

/** How a stand-in is started. */
export interface StandInOptions {
  /**
   * When given, the settings have to make the connector give up on an answer after this many milliseconds of real time,
   * so that a timeout clause takes no longer. Otherwise the timeouts are as usual.
   */
  readonly requestTimeoutMs?: number;
  /**
   * What the connector's clock says, in epoch milliseconds: for a stand-in that judges times which the connector names, such
   * as those of a signed assertion.
   */
  readonly now?: () => number;
}

/** An operation of the definition with an input that works. */
export interface OperationExample {
  /** Name of the operation. */
  readonly operation: string;
  /** Fits the operation's input schema. */
  readonly input: unknown;
}

/** A bulk operation of the definition, with what it is begun with. */
export interface BulkExample extends OperationExample {
  /** The bytes, where the operation takes some: new ones for each call. */
  content?(): BinaryContent;
}

/** Records that the connector's writer takes. */
export interface WriterExample<Running extends StandIn = StandIn> {
  /** Name of an entity whose records can be made, changed and read. */
  readonly entity: string;
  /** An id, in the vendor's form, of no record. */
  readonly unknownId: string;
  /** Fields of a new record. @param mark - Letters and digits: another one for each record. */
  create(mark: string): Readonly<Record<string, unknown>>;
  /** Fields of a change of such a record. @param mark - Another one for each change. */
  change(mark: string): Readonly<Record<string, unknown>>;
  /** Does what the next request of the writer asks that creates or changes records, then closes the connection without an answer. */
  cutNextWrite(running: Running, kind: "create" | "change"): Awaitable<void>;
}

/** Credentials that have to be refused, beside those that the suite derives from the published schema. */
export interface InvalidCredentials {
  /** Ends the sentence "Refuses …". */
  readonly description: string;
  /** Whole credentials, wrong in one way. */
  readonly credentials: unknown;
  /** Dotted path of the field that the refusal has to name. */
  readonly path: string;
}

/** How the stand-in's consent page is answered: for `oauth2_authorization_code`. */
export interface BrowserConsent<Running extends StandIn = StandIn> {
  /** The redirect URI that the vendor knows. Nothing has to listen there. */
  readonly redirectUri: string;
  /** Plays a person who allows. @returns the whole callback URL. */
  approve(running: Running, authorizationUrl: string): Promise<string>;
  /** Plays a person who declines. @returns the whole callback URL. */
  deny(running: Running, authorizationUrl: string): Promise<string>;
}

/** What the stand-in can do to the tokens it granted: for every scheme that has tokens. */
export interface GrantControl<Running extends StandIn = StandIn> {
  /** The vendor refuses every access token granted so far; refresh tokens go on working. */
  expireAccessTokens(running: Running): Awaitable<void>;
  /** The vendor refuses every access and refresh token granted so far. */
  revoke(running: Running): Awaitable<void>;
  /** Token answers state no lifetime from now on. Does nothing where the vendor never states one; missing where it always does. */
  omitLifetime?(running: Running): Awaitable<void>;
}

/**
 * What a connector package supplies so that the contract suite can run it against a stand-in of its vendor. Which
 * clauses apply follows from the scheme and from what is here.
 */
export interface ContractHarness<Running extends StandIn = StandIn> {
  /** The scheme to run. A connector with several runs the suite once for each. */
  readonly authenticationMethod: AuthenticationMethod;
  /** Starts a fresh stand-in, in which nobody has connected yet. */
  start(options: StandInOptions): Promise<Running>;
  /** A read that makes exactly one request and may be repeated. */
  readonly read: OperationExample;
  /** A write that makes exactly one request and must not be repeated. Missing: the connector writes nothing. */
  readonly write?: OperationExample;
  /** Further credentials that have to be refused. */
  readonly invalidCredentials?: readonly InvalidCredentials[];
  /** Needed by `oauth2_authorization_code`. */
  readonly browser?: BrowserConsent<Running>;
  /** Needed by schemes with tokens. */
  readonly grant?: GrantControl<Running>;
  /**
   * An operation that would send to `origin`, a host that the connector may not talk to, because its input or the
   * vendor's answers say so. Missing: neither can name a host.
   */
  misdirect?(running: Running, origin: string): Awaitable<OperationExample>;
  /** A bulk operation that comes to its end at the stand-in. Needed where the definition has one. */
  readonly bulk?: BulkExample;
  /** Records for the connector's writer. Needed where its entities have one. */
  readonly writer?: WriterExample<Running>;
  /**
   * What the connector does not have. The suite fails where this and the harness disagree, so that clauses never drop
   * out unseen. Default: nothing is missing.
   */
  readonly without?: readonly Capability[];
}
