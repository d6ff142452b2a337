import {
  type BaseConnector,
  type ConnectorError,
  createConnector,
  type EntitySource,
  EventBus,
  findOperation,
  isConnectorError,
  type LifecycleEventName,
  type Operation,
  type PendingAuthorization,
  runOperation,
} from "@isthmus/core";
import { recordingLogger } from "../evidence/recording-logger.js";
import { writeOnlyValues } from "../evidence/write-only-values.js";
import { FakeClock } from "../fake-clock.js";
import type {
  BrowserConsent,
  BulkExample,
  GrantControl,
  OperationExample,
  RequestKind,
  StandIn,
  StandInFault,
  WriterExample,
} from "../harness.js";
import { demand } from "../violation.js";
import type { ClauseSubject } from "./clause.js";
import type { ClauseId } from "./contract.js";
import { steadyRandom } from "./steady-random.js";
import { WatchedTokenStore } from "./watched-token-store.js";

/** How a session begins. */
export interface SessionOptions {
  /** Whether the connector is connected before the clause begins. Default true. */
  readonly connected?: boolean;
  readonly requestTimeoutMs?: number;
}

/** One connector on one fresh stand-in, with everything it says written down. */
export class Session {
  readonly clock: FakeClock;
  readonly store: WatchedTokenStore;
  /** Names of the events so far. */
  readonly events: LifecycleEventName[] = [];
  readonly standIn: StandIn;
  readonly connector: BaseConnector;
  readonly #subject: ClauseSubject;
  readonly #clause: ClauseId;

  constructor(subject: ClauseSubject, clause: ClauseId, standIn: StandIn, clock: FakeClock) {
    this.#subject = subject;
    this.#clause = clause;
    this.standIn = standIn;
    this.clock = clock;
    this.store = new WatchedTokenStore(clock, (secret) => subject.evidence.addSecret(secret));
    const { definition, harness, evidence } = subject;
    const scheme = definition.authentication[harness.authenticationMethod];
    if (scheme) {
      for (const secret of writeOnlyValues(scheme.credentials, standIn.settings.credentials))
        evidence.addSecret(secret);
    }
    const logger = recordingLogger((level, fields, message) => evidence.addLogLine(clause, level, fields, message));
    const events = new EventBus({ logger });
    events.onAny((name, event) => {
      this.events.push(name);
      evidence.addEvent(clause, name, event);
    });
    this.connector = createConnector(
      definition,
      { ...standIn.settings, authenticationMethod: harness.authenticationMethod },
      {
        ...standIn.environment,
        tokenStore: this.store,
        connection: { tenantId: "contract-tenant", connectorId: "contract-connector" },
        clock: this.clock,
        random: steadyRandom,
        observer: { attemptStarted: () => this.clock.hold(), attemptEnded: () => this.clock.release() },
        logger,
        events,
      },
    );
  }

  /** The harness's answers to the consent page. */
  get browser(): BrowserConsent {
    const { browser } = this.#subject.harness;
    demand(browser, "The harness has no browser.");
    return browser;
  }

  /** The harness's hold on the granted tokens. */
  get grant(): GrantControl {
    const { grant } = this.#subject.harness;
    demand(grant, "The harness has no grant.");
    return grant;
  }

  get read(): OperationExample {
    return this.#subject.harness.read;
  }

  get write(): OperationExample {
    const { write } = this.#subject.harness;
    demand(write, "The harness has no write.");
    return write;
  }

  get bulk(): BulkExample {
    const { bulk } = this.#subject.harness;
    demand(bulk, "The harness has no bulk operation.");
    return bulk;
  }

  get writerExample(): WriterExample {
    const { writer } = this.#subject.harness;
    demand(writer, "The harness has no example of records to write.");
    return writer;
  }

  /** The records of the connector; `undefined` where it has none. */
  get entities(): EntitySource | undefined {
    return this.#subject.definition.entities?.(this.connector);
  }

  /** The operations as the definition has them for this configuration. */
  get operations(): readonly Operation[] {
    return this.#subject.definition.operations(this.configuration);
  }

  /** Begins the authorization and notes what it has to keep secret. */
  async begin(): Promise<{ readonly authorizationUrl: string; readonly pending: PendingAuthorization }> {
    const begun = await this.connector.getAuthUrl({ redirectUri: this.browser.redirectUri });
    this.#subject.evidence.addSecret(begun.pending.codeVerifier);
    return begun;
  }

  /** Lets a person allow. The code in the callback counts as a secret. */
  async approve(authorizationUrl: string): Promise<string> {
    const callbackUrl = await this.browser.approve(this.standIn, authorizationUrl);
    const code = new URL(callbackUrl).searchParams.get("code");
    if (code !== null) this.#subject.evidence.addSecret(code);
    return callbackUrl;
  }

  /** Connects as the scheme wants it: through the consent page, or at once. */
  async connect(): Promise<void> {
    if (this.#subject.harness.authenticationMethod !== "oauth2_authorization_code") {
      await this.connector.connect();
      return;
    }
    const { authorizationUrl, pending } = await this.begin();
    await this.connector.handleCallback(await this.approve(authorizationUrl), pending);
  }

  /** Runs an operation as the HTTP API would. */
  async run(example: OperationExample, signal: AbortSignal = new AbortController().signal): Promise<unknown> {
    const operation = findOperation(this.operations, example.operation);
    return runOperation(this.connector, operation, example.input, { signal });
  }

  /** The configuration as the definition's schema reads it. */
  get configuration(): unknown {
    return this.#subject.definition.configuration.parse(this.standIn.settings.configuration ?? {});
  }

  /** What `work` throws, written down. @throws {ContractViolation} when it succeeds. */
  async failureOf(work: () => Promise<unknown>, what: string): Promise<unknown> {
    try {
      await work();
    } catch (error) {
      this.note(error);
      return error;
    }
    demand(false, `${what}: expected a failure, but it succeeded.`);
  }

  /** What `work` gives. @throws {ContractViolation} with what it threw, when it fails. */
  async successOf<Value>(work: () => Promise<Value>, what: string): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      this.note(error);
      const reason = isConnectorError(error) ? `${error.code} (${error.message})` : String(error);
      demand(false, `${what}: expected success, found ${reason}.`);
    }
  }

  /** Writes an error down that a clause came by in another way. */
  note(error: unknown): void {
    this.#subject.evidence.addError(this.#clause, error);
  }

  /** Writes down words that are no error but that callers see: the checks of a connection test. */
  noteWords(words: unknown): void {
    this.#subject.evidence.addWords(this.#clause, words);
  }

  /** Writes down what a caller is told of a failure without it being thrown. */
  noteFailure(failure: ConnectorError | undefined): void {
    if (failure) this.note(failure);
  }

  async fail(fault: StandInFault): Promise<void> {
    await this.standIn.fail(fault);
  }

  /** How many requests of a kind `work` makes. */
  async requestsDuring(kind: RequestKind, work: () => Promise<unknown>): Promise<number> {
    const before = await this.standIn.count(kind);
    await work();
    return (await this.standIn.count(kind)) - before;
  }
}

/** Starts a stand-in and a connector, hands them to `work`, and ends both whatever happens. */
export async function withSession(
  subject: ClauseSubject,
  clause: ClauseId,
  work: (session: Session) => Promise<void>,
  options: SessionOptions = {},
): Promise<void> {
  const { connected = true, requestTimeoutMs } = options;
  const clock = new FakeClock();
  const now = () => clock.now();
  const standIn = await subject.harness.start({ now, ...(requestTimeoutMs !== undefined && { requestTimeoutMs }) });
  try {
    const session = new Session(subject, clause, standIn, clock);
    try {
      if (connected) await session.successOf(() => session.connect(), "Connecting");
      await work(session);
    } finally {
      await session.connector.close();
    }
  } finally {
    for (const secret of (await standIn.secrets?.()) ?? []) subject.evidence.addSecret(secret);
    await standIn.close();
  }
}
