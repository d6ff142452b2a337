import { type SalesforceSandbox, type SalesforceSandboxOptions, startSalesforceSandbox } from "@isthmus/sandbox";
import { type AuthorizationCodeOptions, createSalesforceConnector, type SalesforceConnector } from "../src/index.js";

/** Where the sandbox sends the browser back to. Nothing listens there: tests read the address only. */
export const redirectUri = "http://127.0.0.1/callback";

/** A sandbox that allows at once, and records the requests that it gets. */
export function startSandbox(options: SalesforceSandboxOptions = {}): Promise<SalesforceSandbox> {
  return startSalesforceSandbox({ skipConsent: true, ...options });
}

/** A connector to the sandbox; nobody has signed in yet. */
export function connectorTo(
  sandbox: SalesforceSandbox,
  options: Partial<AuthorizationCodeOptions> = {},
): SalesforceConnector {
  return createSalesforceConnector({
    clientId: sandbox.client.id,
    clientSecret: sandbox.client.secret,
    loginUrl: sandbox.url,
    allowedPrivateHosts: [new URL(sandbox.url).host],
    ...options,
  });
}

/** What the browser does between our address and the callback. @returns the callback's address. */
export async function allowInBrowser(authorizationUrl: string): Promise<string> {
  const response = await fetch(authorizationUrl, { redirect: "manual" });
  const location = response.headers.get("location");
  if (location === null) throw new Error(`The authorize page answered ${response.status} without a redirect.`);
  return location;
}

/** A connector that a person has connected. */
export async function connectedTo(
  sandbox: SalesforceSandbox,
  options: Partial<AuthorizationCodeOptions> = {},
): Promise<SalesforceConnector> {
  const connector = connectorTo(sandbox, options);
  const { authorizationUrl, pending } = await connector.getAuthUrl({ redirectUri });
  await connector.handleCallback(await allowInBrowser(authorizationUrl), pending);
  sandbox.clearRequests();
  return connector;
}
