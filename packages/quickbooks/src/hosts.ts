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

/** What of a configuration decides where Intuit answers. */
export interface HostSettings {
  readonly environment: "sandbox" | "production";
  /** Origin of the Accounting API. Default: Intuit's for the environment. */
  readonly apiUrl?: string | undefined;
}

const intuit = {
  sandbox: { api: "https://sandbox-quickbooks.api.intuit.com", payments: "https://sandbox.api.intuit.com" },
  production: { api: "https://quickbooks.api.intuit.com", payments: "https://api.intuit.com" },
} as const;

/** Which of Intuit's environments answers at an address; `undefined` where it is a stand-in's. */
export function environmentOf(apiUrl: string): keyof typeof intuit | undefined {
  return (["sandbox", "production"] as const).find((environment) => intuit[environment].api === apiUrl);
}

/**
 * The hosts of a configuration. Sandbox and production share the OAuth hosts; the keys tell them apart. A stand-in answers
 * everything at one address.
 * @see https://developer.api.intuit.com/.well-known/openid_configuration
 */
export function hostsOf({ environment, apiUrl = intuit[environment].api }: HostSettings): Hosts {
  const standIn = environmentOf(apiUrl) === undefined ? apiUrl : undefined;
  return {
    api: apiUrl,
    payments: standIn ?? intuit[environment].payments,
    issuer: `${standIn ?? "https://oauth.platform.intuit.com"}/op/v1`,
    authorizationEndpoint: `${standIn ?? "https://appcenter.intuit.com"}/connect/oauth2`,
    tokenEndpoint: `${standIn ?? "https://oauth.platform.intuit.com"}/oauth2/v1/tokens/bearer`,
    revocationEndpoint: `${standIn ?? "https://developer.api.intuit.com"}/v2/oauth2/tokens/revoke`,
  };
}
