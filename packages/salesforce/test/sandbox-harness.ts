import {
  decideConsent,
  type FaultRule,
  type SalesforceSandbox,
  type SalesforceSandboxOptions,
  startSalesforceSandbox,
  toFaultRule,
} from "@isthmus/sandbox";
import type { ContractHarness, RequestKind, StandIn, StandInOptions } from "@isthmus/testkit";
import { redirectUri } from "./connect.js";
import { appKey } from "./keys.js";

interface RunningSandbox extends StandIn {
  readonly sandbox: SalesforceSandbox;
}

type Match = Required<Pick<FaultRule, "path">> & Pick<FaultRule, "method">;

const requestsOf: Readonly<Record<RequestKind, Match>> = {
  token: { path: "/services/oauth2/token", method: "POST" },
  revoke: { path: "/services/oauth2/revoke", method: "POST" },
  read: { path: "/services/data/v60.0/query", method: "GET" },
  write: { path: "/services/data/v60.0/sobjects/Account", method: "POST" },
  any: { path: "/" },
};

/** What Salesforce sends with a status; an HTML page where a gateway answers. */
const bodies: Readonly<Record<number, unknown>> = {
  401: [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }],
  403: [{ message: "insufficient access rights on object id", errorCode: "INSUFFICIENT_ACCESS" }],
  404: [{ message: "The requested resource does not exist", errorCode: "NOT_FOUND" }],
  500: [{ message: "An unexpected error occurred.", errorCode: "UNKNOWN_EXCEPTION" }],
  503: [{ message: "Server too busy", errorCode: "SERVER_UNAVAILABLE" }],
};

const read = { operation: "query", input: { soql: "SELECT Id, Name FROM Account LIMIT 3" } };

/** What the schemes have in common: the sandbox as the stand-in of Salesforce. */
const common = {
  read,
  write: { operation: "records.create", input: { sobject: "Account", record: { Name: "Written by the contract" } } },
  bulk: {
    operation: "bulk.ingest",
    input: { sobject: "Lead", operation: "insert", maxPartBytes: 1_000 },
    content: () => ({ mediaType: "text/csv", body: leadsAsCsv() }),
  },
  writer: {
    entity: "Account",
    unknownId: "001000000000000AAA",
    create: (mark: string) => ({ Name: `Account ${mark}`, External_Id__c: mark }),
    change: (mark: string) => ({ Industry: "Energy", Description: mark }),
    cutNextWrite: ({ sandbox }: RunningSandbox) =>
      void sandbox.addFault({ pathPattern: "/composite(/sobjects)?$", method: "POST", cutAfter: true }),
  },
  misdirect({ sandbox }: RunningSandbox, origin: string) {
    // A grant that leads to another host: whoever answers for Salesforce's token endpoint could send this.
    const body = {
      access_token: "00D000000000001!misdirected",
      token_type: "Bearer",
      instance_url: origin,
      id: `${origin}/id/00D000000000001AAA/005000000000001AAA`,
    };
    sandbox.expireAccessTokens();
    sandbox.addFault({ ...requestsOf.token, status: 200, body });
    return read;
  },
  grant: {
    expireAccessTokens: ({ sandbox }: RunningSandbox) => void sandbox.expireAccessTokens(),
    revoke: ({ sandbox }: RunningSandbox) => void sandbox.revokeGrants(),
    omitLifetime: () => undefined,
  },
} as const;

async function start(
  options: StandInOptions,
  sandboxOptions: SalesforceSandboxOptions,
  credentials: (sandbox: SalesforceSandbox) => object,
): Promise<RunningSandbox> {
  // By the connector's clock: versions of records are times of whole seconds.
  const sandbox = await startSalesforceSandbox({ clock: options.now ?? Date.now, ...sandboxOptions });
  const { requestTimeoutMs } = options;
  const timeouts = requestTimeoutMs && { headersMs: requestTimeoutMs, bodyMs: requestTimeoutMs };
  return {
    sandbox,
    settings: {
      credentials: credentials(sandbox),
      configuration: { loginUrl: sandbox.url, ...(timeouts && { timeouts }) },
    },
    environment: { allowedPrivateHosts: [new URL(sandbox.url).host] },
    fail: (fault) => void sandbox.addFault(toFaultRule(requestsOf[fault.on], fault, bodies)),
    count: (kind) => sandbox.requests(requestsOf[kind]).length,
    close: () => sandbox.close(),
  };
}

/** A person signs in. */
export const authorizationCodeHarness: ContractHarness<RunningSandbox> = {
  ...common,
  authenticationMethod: "oauth2_authorization_code",
  invalidCredentials: [
    { description: "an empty client secret", credentials: { clientId: "key", clientSecret: "" }, path: "clientSecret" },
  ],
  // Rotation is the harder case: a refresh token that is sent twice revokes the grant.
  start: (options) =>
    start(options, { rotateRefreshTokens: true }, ({ client }) => ({
      clientId: client.id,
      clientSecret: client.secret,
    })),
  browser: {
    redirectUri,
    approve: (_running, authorizationUrl) => decideConsent(authorizationUrl, "allow"),
    deny: (_running, authorizationUrl) => decideConsent(authorizationUrl, "deny"),
  },
};

/** The app works as its Run As user. */
export const clientCredentialsHarness: ContractHarness<RunningSandbox> = {
  ...common,
  authenticationMethod: "oauth2_client_credentials",
  without: ["browser"],
  start: (options) => start(options, {}, ({ client }) => ({ clientId: client.id, clientSecret: client.secret })),
};

/** The app signs for one user. */
export const jwtBearerHarness: ContractHarness<RunningSandbox> = {
  ...common,
  authenticationMethod: "oauth2_jwt_bearer",
  without: ["browser"],
  invalidCredentials: [
    {
      description: "a certificate in place of the private key",
      credentials: { clientId: "key", username: "ada", privateKey: "-----BEGIN CERTIFICATE-----" },
      path: "privateKey",
    },
  ],
  start: ({ now = Date.now, ...options }) =>
    // The sandbox judges the assertion's end, so it lives by the connector's clock.
    start(options, { clock: now, client: { jwtPublicKey: appKey.publicKey } }, ({ client, username }) => ({
      clientId: client.id,
      username,
      privateKey: appKey.privateKey,
    })),
};

/** Enough rows for several parts. */
async function* leadsAsCsv(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("LastName,Company\n");
  for (let number = 1; number <= 100; number += 1) yield Buffer.from(`Contract ${number},"Contract, Inc."\n`);
}
