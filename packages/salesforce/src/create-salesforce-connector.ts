import { type ConnectorEnvironment, createConnector, splitEnvironment } from "@isthmus/core";
import type { z } from "zod";
import {
  type authorizationCodeCredentialsSchema,
  type clientCredentialsSchema,
  jwtBearerCredentialsSchema,
} from "./auth/credentials.js";
import { salesforce } from "./definition.js";
import type { SalesforceConfigurationInput } from "./options.js";
import type { SalesforceConnector } from "./salesforce-connector.js";

/** What every way of signing in takes beside its credentials. */
interface CommonOptions extends SalesforceConfigurationInput, ConnectorEnvironment {}

/** A person signs in once, or has done so already (`refreshToken`). */
export interface AuthorizationCodeOptions extends z.input<typeof authorizationCodeCredentialsSchema>, CommonOptions {
  /** The default. */
  readonly authenticationMethod?: "oauth2_authorization_code";
}

/** The app signs for one user. */
export interface JwtBearerOptions extends z.input<typeof jwtBearerCredentialsSchema>, CommonOptions {
  readonly authenticationMethod: "oauth2_jwt_bearer";
}

/** The app works as its "Run As" user; `loginUrl` has to be the My Domain. */
export interface ClientCredentialsOptions extends z.input<typeof clientCredentialsSchema>, CommonOptions {
  readonly authenticationMethod: "oauth2_client_credentials";
}

/**
 * Options of {@link createSalesforceConnector}: credentials, configuration and what the program hands in, side by side. Which
 * credentials there are follows from `authenticationMethod`; by default only `clientId` is required.
 */
export type SalesforceOptions = AuthorizationCodeOptions | JwtBearerOptions | ClientCredentialsOptions;

const credentialNames: ReadonlySet<string> = new Set([
  "clientId",
  "clientSecret",
  "refreshToken",
  ...Object.keys(jwtBearerCredentialsSchema.shape),
]);

/**
 * Makes a connector to one Salesforce organisation. Checks the options and does no I/O.
 *
 * By `oauth2_authorization_code`, without a `refreshToken` and with an empty `tokenStore`, a person has to sign in first:
 * `getAuthUrl`, then `handleCallback`.
 *
 * @throws {ValidationError} naming each option that does not fit.
 */
export function createSalesforceConnector(options: SalesforceOptions): SalesforceConnector {
  const { authenticationMethod = "oauth2_authorization_code", ...rest } = options;
  const { environment, settings } = splitEnvironment(rest);
  const isCredential = ([name]: [string, unknown]) => credentialNames.has(name);
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  const credentials = Object.fromEntries(entries.filter(isCredential));
  const configuration = Object.fromEntries(entries.filter((entry) => !isCredential(entry)));
  return createConnector(salesforce, { authenticationMethod, credentials, configuration }, environment);
}
