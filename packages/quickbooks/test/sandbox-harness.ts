import {
  decideConsent,
  type FaultRule,
  type QuickbooksSandbox,
  startQuickbooksSandbox,
  toFaultRule,
} from "@isthmus/sandbox";
import type { ContractHarness, RequestKind, StandIn } from "@isthmus/testkit";
import { redirectUri } from "./connect.js";
import { faultOf } from "./stub-intuit.js";

interface RunningSandbox extends StandIn {
  readonly sandbox: QuickbooksSandbox;
}

type Match = Pick<FaultRule, "path" | "method"> & { readonly path: string };

/** What Intuit sends with a status; an HTML page where a gateway answers. */
const bodies: Readonly<Record<number, unknown>> = {
  401: {
    fault: {
      error: [{ message: "message=AuthenticationFailed", detail: "Token expired", code: "3200" }],
      type: "AUTHENTICATION",
    },
  },
  403: faultOf("120", "Authorization Failure"),
  404: faultOf("610", "Object Not Found"),
  429: faultOf("3001", "message=ThrottleExceeded"),
  500: faultOf("10000", "An application error has occurred", "SystemFault"),
};

const read = { operation: "query", input: { query: "select * from Customer" } };

function requestsOf(kind: RequestKind, { realmId }: QuickbooksSandbox): Match {
  const company = `/v3/company/${realmId}`;
  return {
    token: { path: "/oauth2/v1/tokens/bearer", method: "POST" },
    revoke: { path: "/v2/oauth2/tokens/revoke", method: "POST" },
    read: { path: `${company}/query`, method: "GET" },
    write: { path: `${company}/customer`, method: "POST" },
    any: { path: "/" },
  }[kind];
}

/** The contract suite's stand-in of Intuit: the sandbox. */
export const sandboxHarness: ContractHarness<RunningSandbox> = {
  authenticationMethod: "oauth2_authorization_code",
  read,
  invalidCredentials: [
    {
      description: "a company id that is none",
      credentials: { clientId: "id", clientSecret: "secret", realmId: "1/../2" },
      path: "realmId",
    },
    {
      description: "a refresh token without its company",
      credentials: { clientId: "id", clientSecret: "secret", refreshToken: "token" },
      path: "realmId",
    },
  ],
  async start({ requestTimeoutMs }) {
    // Each refresh changes the token, and a spent one ends the grant: the hardest case. No limits: the suite jumps in time.
    const sandbox = await startQuickbooksSandbox({ refreshTokenRotationMs: 0, revokeOnReuse: true, throttle: false });
    const timeouts = requestTimeoutMs && { headersMs: requestTimeoutMs, bodyMs: requestTimeoutMs };
    const { url } = sandbox;
    return {
      sandbox,
      settings: {
        credentials: { clientId: sandbox.client.id, clientSecret: sandbox.client.secret },
        configuration: { apiUrl: url, ...(timeouts && { timeouts }) },
      },
      environment: { allowedPrivateHosts: [new URL(url).host] },
      fail: (fault) => void sandbox.addFault(toFaultRule(requestsOf(fault.on, sandbox), fault, bodies)),
      count: (kind) => sandbox.requests(requestsOf(kind, sandbox)).length,
      close: () => sandbox.close(),
    };
  },
  writer: {
    entity: "Customer",
    unknownId: "999999",
    create: (mark) => ({ DisplayName: `Customer ${mark}` }),
    change: (mark) => ({ CompanyName: mark }),
    // As often as it tries by itself.
    cutNextWrite: ({ sandbox }) => void sandbox.addFault({ pathPattern: "/batch", times: 4, cutAfter: true }),
  },
  browser: {
    redirectUri,
    approve: (_running, authorizationUrl) => decideConsent(authorizationUrl, "allow"),
    deny: (_running, authorizationUrl) => decideConsent(authorizationUrl, "deny"),
  },
  grant: {
    expireAccessTokens: ({ sandbox }) => void sandbox.expireAccessTokens(),
    revoke: ({ sandbox }) => void sandbox.revokeGrants(),
  },
  // Every write but an upload may be repeated with its requestid, and an upload has no example: writes.test.ts has both.
  // Intuit always states a lifetime. No answer and no input of JSON operations names a host.
  without: ["write", "lifetime_omission", "misdirection"],
};
