import { ConnectorError, ValidationError, validate } from "../errors/index.js";
import type { AccessToken, PendingAuthorization, StartAuthorizationOptions } from "../oauth/index.js";
import type { AuthenticationMethod, AuthenticationScheme } from "./authentication.js";
import type { BaseConnector } from "./base-connector.js";
import type { ConnectedAccount, ConnectionTest } from "./connection.js";
import type { ConnectorDefinition } from "./definition.js";

/** What a caller says of a connector, not yet proven. */
export interface UnprovenSettings {
  /** One of those that the definition knows. */
  readonly authenticationMethod: AuthenticationMethod;
  /** As the scheme's schema wants them. */
  readonly credentials: unknown;
  /** Default `{}`. */
  readonly configuration?: unknown;
  /** Version of the connector package that stored the configuration; an older one is migrated first. Default: today's. */
  readonly configurationVersion?: string;
  /** Address of the customer's system: the value of the definition's `externalSystemUrlField`. */
  readonly externalSystemUrl?: string;
}

/** Credentials and configuration that fit the definition, defaults filled in. */
export interface ValidatedSettings {
  /** By the scheme's schema. */
  readonly credentials: unknown;
  /** By the definition's schema. */
  readonly configuration: unknown;
}

/**
 * The flows around a connector, written once for all of them: a definition or an instance is the strategy, and what
 * differs between vendors is behind it.
 */
export class ConnectorService {
  /**
   * Checks credentials and configuration by their schemas, the configuration after migrating one that an older version of
   * the package stored. Sends nothing.
   *
   * @param options - `pathsFrom`: where the paths of issues begin, at the field (`clientId`) or at the settings
   *   (`credentials.clientId`). Default `field`.
   * @throws {ConnectorError} `UNSUPPORTED` when the connector does not know the method, naming those that it knows.
   * @throws {ValidationError} with an issue for each field.
   */
  validateCredentials(
    definition: ConnectorDefinition,
    settings: UnprovenSettings,
    { pathsFrom = "field" }: { readonly pathsFrom?: "field" | "settings" } = {},
  ): ValidatedSettings {
    const { authentication, displayName } = definition;
    const method = settings.authenticationMethod;
    // Its own fields only: the method may come from a caller without types, and "constructor" is in every object.
    const scheme = Object.hasOwn(authentication, method) ? authentication[method] : undefined;
    if (!scheme) {
      const known = Object.keys(authentication).join(", ");
      throw new ConnectorError(
        "UNSUPPORTED",
        `${displayName} does not support the authentication method ${method}. It supports: ${known}.`,
      );
    }
    assertAddressed(definition, settings);
    const under = pathsFrom === "settings" ? underField : inField;
    return {
      credentials: under("credentials", () => validate(scheme.credentials, settings.credentials, "credentials")),
      configuration: under("configuration", () => {
        const configuration = this.validateConfiguration(definition, settings);
        assertComplete(configuration, scheme, method);
        return configuration;
      }),
    };
  }

  /**
   * The part of {@link validateCredentials} that is about the configuration.
   *
   * @throws {ValidationError} with an issue for each field.
   */
  validateConfiguration(
    definition: ConnectorDefinition,
    settings: Pick<UnprovenSettings, "configuration" | "configurationVersion" | "externalSystemUrl">,
  ): unknown {
    return validate(definition.configuration, withExternalSystemUrl(definition, settings), "configuration");
  }

  /** Asks the vendor who we are and whether its API answers; see `BaseConnector.testConnection`. */
  testConnection(connector: BaseConnector, signal?: AbortSignal): Promise<ConnectionTest> {
    return connector.testConnection(signal);
  }

  /**
   * Authenticates. A scheme with a person in it answers where to send them; call again with what they came back with.
   * Every other scheme gets its token at once.
   */
  async authenticate(
    connector: BaseConnector,
    step:
      | { readonly start: StartAuthorizationOptions }
      | { readonly callbackUrl: string; readonly pending: PendingAuthorization }
      | { readonly unattended: true },
    signal?: AbortSignal,
  ): Promise<
    | { readonly connected: true; readonly account: ConnectedAccount }
    | { readonly connected: false; readonly authorizationUrl: string; readonly pending: PendingAuthorization }
  > {
    if ("start" in step) return { connected: false, ...(await connector.getAuthUrl(step.start)) };
    const account =
      "callbackUrl" in step
        ? await connector.handleCallback(step.callbackUrl, step.pending, signal)
        : await connector.connect(signal);
    return { connected: true, account };
  }

  /** Renews the access token now. @throws {AuthenticationError} `RECONNECT_REQUIRED` when the grant is gone. */
  refreshToken(connector: BaseConnector, signal?: AbortSignal): Promise<AccessToken> {
    return connector.refreshToken(signal);
  }
}

function inField<Result>(_field: string, prove: () => Result): Result {
  return prove();
}

/** Names the field too in the paths of the issues. */
function underField<Result>(field: string, prove: () => Result): Result {
  try {
    return prove();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const issues = error.issues.map(({ path, message }) => ({
      path: path === "" ? field : `${field}.${path}`,
      message,
    }));
    throw new ValidationError(error.message, issues, { cause: error });
  }
}

/** An address that the connector would never use must not look as if it did. */
function assertAddressed(definition: ConnectorDefinition, { externalSystemUrl }: UnprovenSettings): void {
  if (externalSystemUrl === undefined || definition.externalSystemUrlField !== undefined) return;
  throw new ValidationError(`The address of ${definition.displayName} never varies.`, [
    { path: "externalSystemUrl", message: "Leave it out." },
  ]);
}

/** What the schema of the configuration cannot know: what the chosen method needs of it. */
function assertComplete(configuration: unknown, scheme: AuthenticationScheme, method: AuthenticationMethod): void {
  const issues = scheme.findMissing?.(configuration) ?? [];
  const [first] = issues;
  if (!first) return;
  throw new ValidationError(`The configuration does not fit ${method} at ${first.path}: ${first.message}.`, issues);
}

/** The configuration with the address in its field; a second, different address there is a contradiction. */
function withExternalSystemUrl(
  definition: ConnectorDefinition,
  settings: Omit<UnprovenSettings, "authenticationMethod" | "credentials">,
): unknown {
  const { externalSystemUrl } = settings;
  const configuration = migrate(definition, settings) ?? {};
  const field = definition.externalSystemUrlField;
  if (externalSystemUrl === undefined || field === undefined) return configuration;
  if (typeof configuration !== "object" || configuration === null) return configuration;
  const stated: unknown = Object.getOwnPropertyDescriptor(configuration, field)?.value;
  if (stated !== undefined && stated !== externalSystemUrl) {
    throw new ValidationError(`The externalSystemUrl and configuration.${field} name different addresses.`, [
      { path: field, message: "Must equal externalSystemUrl, or be left out." },
    ]);
  }
  return { ...configuration, [field]: externalSystemUrl };
}

function migrate(
  definition: ConnectorDefinition,
  { configuration, configurationVersion }: Pick<UnprovenSettings, "configuration" | "configurationVersion">,
): unknown {
  if (!definition.migrate || configurationVersion === undefined || configurationVersion === definition.version)
    return configuration;
  return definition.migrate(configuration, configurationVersion);
}
