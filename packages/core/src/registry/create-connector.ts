import {
  type AuthenticationMethod,
  type BaseConnector,
  type ConnectorDefinition,
  ConnectorService,
  type TransportPreferences,
} from "../contract/index.js";
import { type ConnectionIdentity, EventBus, type EventEmitter } from "../events/index.js";
import {
  type CallBudget,
  type CallBudgets,
  createTransport,
  type Transport,
  type TransportObserver,
} from "../http/index.js";
import { MemoryTokenStore, OAuthClient, TokenManager, type TokenStore } from "../oauth/index.js";
import {
  type Clock,
  type Logger,
  noFiles,
  type OperatorFiles,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from "../runtime/index.js";

/** What a program hands in from outside. Every field has a default that suits a plain program. */
export interface ConnectorEnvironment {
  /** Where the tokens are kept. Default: in memory, gone with the process. */
  readonly tokenStore?: TokenStore;
  /** Whom events and log lines speak of. */
  readonly connection?: Omit<ConnectionIdentity, "type">;
  /** Exact `host:port` addresses that may be private and plain http: on-premise systems, a sandbox. Default none. */
  readonly allowedPrivateHosts?: readonly string[];
  /** Replaces the transport altogether. The connector closes it. */
  readonly transport?: Transport;
  /** Sees every attempt to reach the vendor: for tracing and metrics. */
  readonly observer?: TransportObserver;
  /** Shares the vendor's limits with others, such as other processes. Default: each connector, or each process, counts for itself. */
  readonly budgets?: CallBudgets;
  /** Certificates and schemas that credentials and configuration name. Default: none. */
  readonly files?: OperatorFiles;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: `node:crypto`'s. */
  readonly random?: Random;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Default: an `EventBus` of its own, to which nobody listens. */
  readonly events?: EventEmitter;
  /** Ends all work of the connector when aborted. */
  readonly signal?: AbortSignal;
}

/** Settings of one connector, as they come from a caller or from storage. */
export interface ConnectorSettings {
  /** One of those that the definition knows. */
  readonly authenticationMethod: AuthenticationMethod;
  /** As the scheme's schema wants them. */
  readonly credentials: unknown;
  /** As the definition's schema wants it. Default `{}`. */
  readonly configuration?: unknown;
  /** Version of the connector package that stored the configuration; an older one is migrated first. */
  readonly configurationVersion?: string;
  /** Address of the customer's system: the value of the definition's `externalSystemUrlField`. */
  readonly externalSystemUrl?: string;
}

const service = new ConnectorService();

/**
 * Makes a connector from its definition: proves the settings, and gives it a transport, flows and tokens of its own. Does
 * no I/O.
 *
 * @throws {ValidationError} when credentials or configuration do not fit.
 * @throws {ConnectorError} `UNSUPPORTED` when the definition does not know the authentication method.
 */
export function createConnector<Configuration, Connector extends BaseConnector, Credentials>(
  definition: ConnectorDefinition<Configuration, Connector, Credentials>,
  settings: ConnectorSettings,
  environment: ConnectorEnvironment = {},
): Connector {
  const { authenticationMethod } = settings;
  const proven = service.validateCredentials(definition, settings);
  const configuration = proven.configuration as Configuration;
  const credentials = proven.credentials as Credentials;
  const scheme = definition.authentication[authenticationMethod];

  const clock = environment.clock ?? systemClock;
  const random = environment.random ?? systemRandom;
  const logger = environment.logger ?? silentLogger;
  const events = environment.events ?? new EventBus({ logger });
  const files = environment.files ?? noFiles;
  const connection = { ...environment.connection, type: definition.type };
  const preferences = definition.transport?.(configuration, credentials, { files, clock });
  const budgetsOf = (budgets: CallBudgets | undefined) => ({
    budgets,
    budget: budgets && budgetOfRate(budgets, connection, preferences),
  });
  const { budget } = budgetsOf(environment.budgets);
  const transport =
    environment.transport ??
    createTransport({
      ...preferences,
      ...(budget && { budget }),
      allowedHosts: definition.allowedHosts(configuration),
      ...(environment.allowedPrivateHosts && { allowedPrivateHosts: environment.allowedPrivateHosts }),
      ...(environment.observer && { observer: environment.observer }),
      clock,
      random,
      logger,
    });

  const profile = scheme?.oauth?.(credentials, configuration);
  const oauth = profile && new OAuthClient({ profile, transport, clock, random });
  const initialTokens = scheme?.initialTokens?.(credentials);
  const tokens =
    oauth &&
    new TokenManager({
      client: oauth,
      store: environment.tokenStore ?? new MemoryTokenStore({ clock, random }),
      policy: definition.refreshPolicy,
      connection,
      clock,
      random,
      logger,
      events,
      ...(initialTokens && { initialTokens }),
    });

  const context = {
    connection,
    authenticationMethod,
    credentials,
    configuration,
    oauth,
    tokens,
    transport,
    files,
    clock,
    random,
    logger,
    events,
    signal: environment.signal ?? new AbortController().signal,
  };
  const make = (budgets: CallBudgets | undefined) => definition.create({ ...context, ...budgetsOf(budgets) });
  const connector = make(environment.budgets);
  makers.set(connector, make);
  return connector;
}

/** Makes another instance of a connector. */
type Maker = (budgets: CallBudgets) => BaseConnector;

const makers = new WeakMap<BaseConnector, Maker>();

/**
 * The same connector for work of another kind: with its credentials, tokens and connections, by other budgets. Both are closed,
 * this one first: the connections end with either.
 *
 * @returns `connector` itself, where it was not made by {@link createConnector}.
 */
export function withBudgets(connector: BaseConnector, budgets: CallBudgets): BaseConnector {
  return makers.get(connector)?.(budgets) ?? connector;
}

/** Nobody knows the account behind a rate that its configuration states, so each connector is one. */
function budgetOfRate(
  budgets: CallBudgets,
  { type, tenantId, connectorId }: ConnectionIdentity,
  preferences: TransportPreferences | undefined,
): CallBudget | undefined {
  const { ratePerSecond } = preferences ?? {};
  if (ratePerSecond === undefined || connectorId === undefined) return undefined;
  return budgets.of([type, tenantId ?? "", connectorId], { rates: [{ count: ratePerSecond, perMs: 1_000 }] });
}
