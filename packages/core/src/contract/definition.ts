import type { z } from "zod";
import { ConnectorError } from "../errors/index.js";
import type { TransportOptions } from "../http/index.js";
import type { RefreshPolicy } from "../oauth/index.js";
import type { Clock, OperatorFiles } from "../runtime/index.js";
import type { AuthenticationSchemes } from "./authentication.js";
import type { BaseConnector } from "./base-connector.js";
import type { CreateContext } from "./context.js";
import type { EntitySource } from "./entities.js";
import type { InboundEvent, InboundHandler } from "./inbound.js";
import type { Operation } from "./operation.js";

/** What a vendor may say of the transport that it is given. */
export type TransportPreferences = Pick<
  TransportOptions,
  "timeouts" | "retry" | "concurrency" | "idleMs" | "ratePerSecond" | "maxResponseBytes" | "tls"
>;

/** What the preferences of a transport may draw on. */
export interface TransportParts {
  readonly files: OperatorFiles;
  readonly clock: Clock;
}

/**
 * What a connector is. A package exports one, made by {@link defineConnector}.
 *
 * `Credentials` is what its schemes ask for: a union where there are several.
 */
export interface ConnectorDefinition<
  Configuration = unknown,
  Connector extends BaseConnector = BaseConnector,
  Credentials = unknown,
> {
  /** The contract that it was written for. */
  readonly specificationVersion: 1;
  /** Unique among the installed connectors: lower-case letters, digits and dashes, beginning with a letter. */
  readonly type: string;
  /** For people: "Salesforce". */
  readonly displayName: string;
  /** The package's own version, semver. Stored with each connector, so that a later one can migrate its configuration. */
  readonly version: string;
  /** At least one. */
  readonly authentication: AuthenticationSchemes<Configuration, Credentials>;
  /** Everything that is not secret. Published as JSON Schema. */
  readonly configuration: z.ZodType<Configuration>;
  /**
   * Name of the configuration field that holds the address of the customer's system. Where a caller gives an
   * `externalSystemUrl` beside the configuration, it is the value of this field. Missing: the address never varies.
   */
  readonly externalSystemUrlField?: string;
  /**
   * A configuration that fits, such as a person would write it, without secrets. Documentation shows what a connector can do
   * by it, so a type whose configuration has fields without a default needs one. Default `{}`.
   */
  readonly exampleConfiguration?: object;
  /** How tokens want to be refreshed. */
  readonly refreshPolicy: RefreshPolicy;
  /** Turns a configuration that an older version stored into one of today. Called before validation. */
  migrate?(configuration: unknown, fromVersion: string): unknown;
  /** Hosts that this connector may talk to: exact names, or `*.example.com` for any name below. */
  allowedHosts(configuration: Configuration): readonly string[];
  /** Timeouts, limits and the client certificate, which may come from the operator's files. */
  transport?(configuration: Configuration, credentials: unknown, parts: TransportParts): TransportPreferences;
  /** What it can do. May depend on the configuration. */
  operations(configuration: Configuration): readonly Operation<Connector>[];
  /** Its records as a source of data. */
  entities?(connector: Connector): EntitySource;
  /** Deliveries that the vendor sends. */
  readonly inbound?: InboundHandler;
  /**
   * The entity of the connector's that is to be read when such an event comes, by its name in `EntitySource`; `undefined`: none. For vendors
   * whose deliveries speak of something else than entities. Missing: the `entity` that the event names.
   */
  eventEntity?(configuration: Configuration, event: Pick<InboundEvent, "entity" | "type">): string | undefined;
  /** Makes an instance. Does no I/O. */
  create(context: CreateContext<Credentials, Configuration>): Connector;
}

/**
 * Declares a connector and checks what types cannot.
 *
 * @throws {ConnectorError} `INVALID_DEFINITION`, naming what is wrong.
 */
export function defineConnector<Configuration, Connector extends BaseConnector, Credentials = unknown>(
  definition: ConnectorDefinition<Configuration, Connector, Credentials>,
): ConnectorDefinition<Configuration, Connector, Credentials> {
  assertDefinition(definition);
  return Object.freeze(definition);
}

/**
 * Checks a definition that came from elsewhere, such as a package found at run time.
 *
 * @throws {ConnectorError} `INVALID_DEFINITION`, naming what is wrong.
 */
export function assertDefinition(definition: ConnectorDefinition): void {
  const { type, specificationVersion, version, authentication } = definition;
  const problem =
    specificationVersion !== 1
      ? `speaks specification version ${String(specificationVersion)}; this core speaks 1. Install versions that fit together.`
      : !/^[a-z][a-z0-9-]*$/.test(type)
        ? "has a type that is not lower-case letters, digits and dashes."
        : !/^\d+\.\d+\.\d+/.test(version)
          ? "has a version that is not semver."
          : Object.keys(authentication).length === 0
            ? "supports no authentication method."
            : undefined;
  if (problem) throw new ConnectorError("INVALID_DEFINITION", `The connector definition "${String(type)}" ${problem}`);
}
