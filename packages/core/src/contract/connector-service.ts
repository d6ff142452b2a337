import { ConnectorError, ValidationError, validate } from "../errors/index.js";
import type { AccessToken, PendingAuthorization, StartAuthorizationOptions } from "../oauth/index.js";
import type { AuthenticationMethod } from "./authentication.js";
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
   * Checks credentials and configuration by their schemas. Sends nothing.
   *
   * @throws {ConnectorError} `UNSUPPORTED` when the connector does not know the method, naming those that it knows.
   * @throws {ValidationError} with an issue for each field.
   */
  validateCredentials(definition: ConnectorDefinition, settings: UnprovenSettings): ValidatedSettings {
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
    return {
      credentials: validate(scheme.credentials, settings.credentials, "credentials"),
      configuration: validate(definition.configuration, withExternalSystemUrl(definition, settings), "configuration"),
    };
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

/** The configuration with the address in its field; a second, different address there is a contradiction. */
function withExternalSystemUrl(definition: ConnectorDefinition, settings: UnprovenSettings): unknown {
  const { externalSystemUrl, configuration = {} } = settings;
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
