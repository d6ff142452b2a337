import { z } from "zod";
import {
  BaseConnector,
  type ConnectedAccount,
  type ConnectionCheck,
  type ConnectorDefinition,
  type ConnectorRequest,
  defineConnector,
  defineScheme,
} from "../../src/contract/index.js";
import { EventBus, type LifecycleEventName, type LifecycleEvents } from "../../src/events/index.js";
import { mapHttpStatus, type TransportResponse } from "../../src/http/index.js";
import {
  defaultRefreshPolicy,
  MemoryTokenStore,
  type OAuthGrant,
  type TokenSet,
  type TokenStore,
} from "../../src/oauth/index.js";
import { type ConnectorEnvironment, createConnector } from "../../src/registry/index.js";
import { json, type LoopbackServer, type Reply, startServer } from "./loopback-server.js";
import { ManualClock } from "./manual-clock.js";
import { storedTokens } from "./token-bench.js";

/** Settings of {@link PlainConnector}. */
export interface PlainConfiguration {
  readonly baseUrl: string;
}

/** A connector with nothing but the base: it opens what subclasses may use. */
export class PlainConnector extends BaseConnector<unknown, PlainConfiguration> {
  /** Sends; a failure is mapped. */
  call(request: Partial<ConnectorRequest> = {}): Promise<TransportResponse> {
    return this.send({ method: "GET", path: "/items", ...request });
  }

  /** Sends; the answer's body is a stream. */
  stream(request: Partial<ConnectorRequest> = {}) {
    return this.sendStream({ method: "GET", path: "/items", ...request });
  }

  /** Sends; the answer's body is a stream, a failure is mapped. */
  open(request: Partial<ConnectorRequest> = {}) {
    return this.openStream({ method: "GET", path: "/items", ...request });
  }

  protected async identify(signal: AbortSignal): Promise<ConnectedAccount> {
    const { id } = z.object({ id: z.string() }).parse((await this.call({ path: "/me", signal })).json());
    return { id, name: `Account ${id}`, environment: "sandbox", user: "ada" };
  }

  protected override async check(signal: AbortSignal): Promise<readonly ConnectionCheck[]> {
    await this.call({ path: "/status", signal });
    return [{ name: "api", ok: true, detail: "The API answers." }];
  }

  protected baseUrl(): string {
    return this.context.configuration.baseUrl;
  }

  protected mapFailure({ status, headers }: TransportResponse, request: ConnectorRequest) {
    return mapHttpStatus({ status, headers, request, nowMs: this.clock.now() });
  }
}

/** A connector on a real vendor on loopback, with its events written down. */
export interface ConnectorBench extends AsyncDisposable {
  readonly vendor: LoopbackServer;
  readonly definition: ConnectorDefinition<PlainConfiguration, PlainConnector>;
  readonly connector: PlainConnector;
  readonly clock: ManualClock;
  readonly store: TokenStore;
  readonly events: [LifecycleEventName, LifecycleEvents[LifecycleEventName]][];
  /** Answers the next requests of a path; afterwards it answers as before. */
  on(path: string, ...replies: Reply[]): void;
  /** Paths that the vendor was asked for, without their queries. */
  paths(): string[];
}

/** How the bench begins. */
export interface ConnectorBenchOptions extends Partial<ConnectorEnvironment> {
  readonly method?: "oauth2_authorization_code" | "oauth2_client_credentials" | "api_key";
  /** `null`: nobody has connected. Default: a set for an hour. */
  readonly tokens?: Partial<TokenSet> | null;
  readonly wrap?: (store: TokenStore) => TokenStore;
}

/** Starts the vendor and makes a connector for it. `/token` grants the pairs 2, 3, …; everything else answers 200. */
export async function openConnectorBench(options: ConnectorBenchOptions = {}): Promise<ConnectorBench> {
  const { method = "oauth2_authorization_code", tokens, wrap = (store) => store, ...environment } = options;
  const vendor = await startServer();
  const clock = new ManualClock();
  const events: ConnectorBench["events"] = [];
  const bus = new EventBus();
  bus.onAny((name, event) => void events.push([name, event]));
  const store = wrap(
    new MemoryTokenStore({ clock, ...(tokens !== null && { tokens: storedTokens(clock.now(), tokens) }) }),
  );
  const definition = defineVendor(vendor.origin);
  const connector = createConnector(
    definition,
    {
      authenticationMethod: method,
      credentials: { secret: "s3cret-value" },
      configuration: { baseUrl: vendor.origin },
    },
    { allowedPrivateHosts: [vendor.host], clock, events: bus, tokenStore: store, ...environment },
  );
  const queues = new Map<string, Reply[]>();
  let granted = 1;
  vendor.otherwise((response, request) => {
    const path = request.path.split("?")[0] ?? "";
    const scripted = queues.get(path)?.shift();
    const grant = () => {
      granted += 1;
      return { access_token: `access-t0ken-${granted}`, refresh_token: `refresh-t0ken-${granted}`, expires_in: 3600 };
    };
    const usual: Reply = path === "/token" ? json(grant()) : json({ id: "acc-1" });
    (scripted ?? usual)(response, request);
  });
  return {
    vendor,
    definition,
    connector,
    clock,
    store,
    events,
    on: (path, ...replies) => void queues.set(path, [...(queues.get(path) ?? []), ...replies]),
    paths: () => vendor.requests.map(({ path }) => path.split("?")[0] ?? ""),
    [Symbol.asyncDispose]: async () => {
      await vendor.close();
      await connector.close();
    },
  };
}

function defineVendor(origin: string): ConnectorBench["definition"] {
  const credentials = z.strictObject({ secret: z.string().min(1) });
  const scheme = (grant: OAuthGrant) =>
    defineScheme({
      title: grant,
      credentials,
      oauth: ({ secret }: z.output<typeof credentials>) => ({
        grant,
        issuer: origin,
        authorizationEndpoint: `${origin}/authorize`,
        tokenEndpoint: `${origin}/token`,
        revocationEndpoint: `${origin}/revoke`,
        clientId: "the-client",
        clientSecret: secret,
        scopes: [],
      }),
    });
  return defineConnector<PlainConfiguration, PlainConnector>({
    specificationVersion: 1,
    type: "plain",
    displayName: "Plain",
    version: "1.0.0",
    authentication: {
      oauth2_authorization_code: scheme("authorization_code"),
      oauth2_client_credentials: scheme("client_credentials"),
      api_key: defineScheme({ title: "API key", credentials }),
    },
    configuration: z.strictObject({ baseUrl: z.url() }),
    externalSystemUrlField: "baseUrl",
    refreshPolicy: defaultRefreshPolicy,
    allowedHosts: () => [],
    operations: () => [],
    create: (context) => new PlainConnector(context),
  });
}
