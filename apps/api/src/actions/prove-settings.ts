import {
  type AuthenticationMethod,
  type ConnectorDefinition,
  ConnectorService,
  createTransport,
  ValidationError,
} from "@isthmus/core";
import type { Services } from "../services.js";

/** What a caller says of a connector, not yet proven. */
export interface UnprovenConnector {
  readonly authenticationMethod: AuthenticationMethod;
  readonly credentials: unknown;
  readonly configuration: unknown;
  readonly externalSystemUrl: string | undefined;
}

/** Settings that fit the definition. */
export interface ProvenConnector {
  readonly credentials: unknown;
  readonly configuration: object;
  /** Where the connector's requests go. */
  readonly externalSystemUrl: string;
  /** Hosts that it may talk to. */
  readonly allowedHosts: readonly string[];
}

const service = new ConnectorService();

/**
 * Proves credentials, configuration and address by the definition. Sends nothing, resolves no name.
 *
 * @throws {ConnectorError} `VALIDATION_FAILED`, `UNSUPPORTED`, or `FORBIDDEN_TARGET` for an address that the connector may
 *   not talk to.
 */
export async function proveSettings(
  { settings: { allowedPrivateHosts } }: Pick<Services, "settings">,
  definition: ConnectorDefinition,
  { externalSystemUrl, ...rest }: UnprovenConnector,
): Promise<ProvenConnector> {
  const settings = { ...rest, ...(externalSystemUrl !== undefined && { externalSystemUrl }) };
  const { credentials, configuration } = service.validateCredentials(definition, settings, { pathsFrom: "settings" });
  if (typeof configuration !== "object" || configuration === null) {
    throw new ValidationError("The configuration has to be an object.", [
      { path: "configuration", message: "An object." },
    ]);
  }
  const allowedHosts = definition.allowedHosts(configuration);
  const url = addressOf(definition, configuration) ?? externalSystemUrl ?? `https://${allowedHosts[0] ?? "localhost"}`;
  const transport = createTransport({ allowedHosts, allowedPrivateHosts });
  try {
    transport.assertAllowed(url);
    // What else it may talk to, such as a token endpoint: refused now, and not when the first token is wanted.
    const privateNames = new Set(allowedPrivateHosts.map((host) => host.replace(/:\d+$/, "")));
    for (const host of allowedHosts) {
      if (!host.startsWith("*.") && !privateNames.has(host)) transport.assertAllowed(`https://${host}/`);
    }
  } finally {
    await transport.close();
  }
  return { credentials, configuration, externalSystemUrl: url, allowedHosts };
}

function addressOf(definition: ConnectorDefinition, configuration: object): string | undefined {
  const field: string | undefined = definition.externalSystemUrlField;
  const value: unknown = field === undefined ? undefined : Reflect.get(configuration, field);
  return typeof value === "string" ? value : undefined;
}
