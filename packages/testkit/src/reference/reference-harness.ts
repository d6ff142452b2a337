import type { ContractHarness, GrantControl } from "../harness.js";
import { demand } from "../violation.js";
import { vendorAccounts } from "./grants.js";
import { ReferenceVendor } from "./reference-vendor.js";

const clientCredentials = { clientId: vendorAccounts.clientId, clientSecret: vendorAccounts.clientSecret };

const common = {
  read: { operation: "notes.list", input: {} },
  write: { operation: "notes.create", input: { text: "Written by the contract suite" } },
  bulk: { operation: "notes.import", input: { texts: ["One", "Two", "Three"] } },
  writer: {
    entity: "Card",
    unknownId: "card-0",
    create: (mark: string) => ({ title: mark }),
    change: (mark: string) => ({ title: mark }),
    cutNextWrite: (vendor: ReferenceVendor) => vendor.fail({ on: "any", kind: "cut_after" }),
  },
  misdirect: (vendor: ReferenceVendor, origin: string) => {
    vendor.nextPage = `${origin}/api/notes?page=2`;
    return { operation: "notes.all", input: {} };
  },
};

const grant: GrantControl<ReferenceVendor> = {
  expireAccessTokens: (vendor) => vendor.grants.expireAccessTokens(),
  revoke: (vendor) => vendor.grants.revokeAll(),
  omitLifetime: (vendor) => {
    vendor.grants.statesLifetime = false;
  },
};

/** The harness of the reference connector with a person's consent. */
export const referenceHarness: ContractHarness<ReferenceVendor> = {
  ...common,
  authenticationMethod: "oauth2_authorization_code",
  start: (options) => ReferenceVendor.start(clientCredentials, options),
  invalidCredentials: [
    { description: "an empty client id", credentials: { ...clientCredentials, clientId: "" }, path: "clientId" },
  ],
  grant,
  browser: {
    redirectUri: "https://isthmus.example/oauth/callback/reference",
    approve: (_vendor, authorizationUrl) => decide(authorizationUrl, "allow"),
    deny: (_vendor, authorizationUrl) => decide(authorizationUrl, "deny"),
  },
};

/** The same with tokens for the client itself: no browser. */
export const clientCredentialsHarness: ContractHarness<ReferenceVendor> = {
  ...common,
  authenticationMethod: "oauth2_client_credentials",
  start: (options) => ReferenceVendor.start(clientCredentials, options),
  grant,
  without: ["browser"],
};

/** The same with a password: no browser, no tokens. */
export const basicHarness: ContractHarness<ReferenceVendor> = {
  ...common,
  authenticationMethod: "basic",
  start: (options) =>
    ReferenceVendor.start({ username: vendorAccounts.username, password: vendorAccounts.password }, options),
  without: ["browser", "tokens", "lifetime_omission"],
};

async function decide(authorizationUrl: string, decision: "allow" | "deny"): Promise<string> {
  const url = new URL(authorizationUrl);
  url.searchParams.set("decision", decision);
  const response = await fetch(url, { redirect: "manual" });
  await response.body?.cancel();
  const location = response.headers.get("location");
  demand(location !== null, `The vendor's consent page answered ${response.status} and sent nobody back.`);
  return location;
}
