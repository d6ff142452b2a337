import {
  decideConsent,
  type FaultRule,
  type SalesforceSandbox,
  startSalesforceSandbox,
  toFaultRule,
} from "@isthmus/sandbox";
import type { ContractHarness, RequestKind, StandIn } from "@isthmus/testkit";
import { redirectUri } from "./connect.js";

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

/** The contract suite's stand-in of Salesforce: the sandbox. */
export const sandboxHarness: ContractHarness<RunningSandbox> = {
  authenticationMethod: "oauth2_authorization_code",
  read,
  write: { operation: "records.create", input: { sobject: "Account", record: { Name: "Written by the contract" } } },
  invalidCredentials: [
    { description: "an empty client secret", credentials: { clientId: "key", clientSecret: "" }, path: "clientSecret" },
  ],
  async start({ requestTimeoutMs }) {
    // Rotation is the harder case: a refresh token that is sent twice revokes the grant.
    const sandbox = await startSalesforceSandbox({ rotateRefreshTokens: true });
    const timeouts = requestTimeoutMs && { headersMs: requestTimeoutMs, bodyMs: requestTimeoutMs };
    return {
      sandbox,
      settings: {
        credentials: { clientId: sandbox.client.id, clientSecret: sandbox.client.secret },
        configuration: { loginUrl: sandbox.url, ...(timeouts && { timeouts }) },
      },
      environment: { allowedPrivateHosts: [new URL(sandbox.url).host] },
      fail: (fault) => void sandbox.addFault(toFaultRule(requestsOf[fault.on], fault, bodies)),
      count: (kind) => sandbox.requests(requestsOf[kind]).length,
      close: () => sandbox.close(),
    };
  },
  browser: {
    redirectUri,
    approve: (_running, authorizationUrl) => decideConsent(authorizationUrl, "allow"),
    deny: (_running, authorizationUrl) => decideConsent(authorizationUrl, "deny"),
  },
  grant: {
    expireAccessTokens: ({ sandbox }) => void sandbox.expireAccessTokens(),
    revoke: ({ sandbox }) => void sandbox.revokeGrants(),
    omitLifetime: () => undefined,
  },
  misdirect({ sandbox }, origin) {
    // A refresh that leads to another host: whoever answers for Salesforce's token endpoint could send this.
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
};
