import type { QuickbooksConfiguration } from "./options.js";

/** Where Intuit answers. */
export interface Hosts {
  /** Origin of the Accounting API. */
  readonly api: string;
  /** Origin of the Payments API. */
  readonly payments: string;
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
}

const intuit = {
  sandbox: { api: "https://sandbox-quickbooks.api.intuit.com", payments: "https://sandbox.api.intuit.com" },
  production: { api: "https://quickbooks.api.intuit.com", payments: "https://api.intuit.com" },
} as const;

/**
 * The hosts of a configuration. Sandbox and production share the OAuth hosts; the keys tell them apart.
 * @see https://developer.api.intuit.com/.well-known/openid_configuration
 */
export function hostsOf({ environment, apiUrl, paymentsUrl, oauthUrl }: QuickbooksConfiguration): Hosts {
  return {
    api: apiUrl ?? intuit[environment].api,
    payments: paymentsUrl ?? intuit[environment].payments,
    issuer: `${oauthUrl ?? "https://oauth.platform.intuit.com"}/op/v1`,
    authorizationEndpoint: `${oauthUrl ?? "https://appcenter.intuit.com"}/connect/oauth2`,
    tokenEndpoint: `${oauthUrl ?? "https://oauth.platform.intuit.com"}/oauth2/v1/tokens/bearer`,
    revocationEndpoint: `${oauthUrl ?? "https://developer.api.intuit.com"}/v2/oauth2/tokens/revoke`,
  };
}
