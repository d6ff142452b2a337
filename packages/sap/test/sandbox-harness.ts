import { type FaultRule, type SapSandbox, startSapSandbox, toFaultRule } from "@isthmus/sandbox";
import type { ContractHarness, RequestKind, StandIn, StandInOptions } from "@isthmus/testkit";

interface RunningSandbox extends StandIn {
  readonly sandbox: SapSandbox;
}

const root = "/sap/opu/odata/sap/API_BUSINESS_PARTNER";
const service = "business-partners";
const entitySet = "A_BusinessPartner";

const requests: Readonly<Record<RequestKind, Pick<FaultRule, "path" | "method"> & { readonly path: string }>> = {
  token: { path: "/oauth/token", method: "POST" },
  // XSUAA has none.
  revoke: { path: "/oauth/revoke", method: "POST" },
  read: { path: `${root}/${entitySet}`, method: "GET" },
  write: { path: `${root}/${entitySet}`, method: "POST" },
  any: { path: "/" },
};

/** What the Gateway sends with a status; an HTML page where the ICM answers. */
const bodies: Readonly<Record<number, unknown>> = {
  403: errorOf("/IWFND/CM_BEP/013", "You are not authorized to access the service"),
  404: errorOf("/IWBEP/CM_MGW_RT/020", "Resource not found"),
  500: errorOf("SY/530", "Exception raised without specific error"),
};

function errorOf(code: string, value: string): object {
  return { error: { code, message: { lang: "en", value }, innererror: { transactionid: "6A0F", errordetails: [] } } };
}

async function start(
  { requestTimeoutMs }: StandInOptions,
  credentialsOf: (sandbox: SapSandbox) => object,
): Promise<RunningSandbox> {
  const sandbox = await startSapSandbox();
  const timeouts = requestTimeoutMs && { headersMs: requestTimeoutMs, bodyMs: requestTimeoutMs };
  const { url } = sandbox;
  return {
    sandbox,
    settings: {
      credentials: credentialsOf(sandbox),
      configuration: {
        url,
        client: sandbox.system.client,
        odata: { [service]: { path: root } },
        oauth: { tokenEndpoint: `${url}/oauth/token` },
        ...(timeouts && { timeouts }),
      },
    },
    environment: { allowedPrivateHosts: [new URL(url).host] },
    fail: (fault) => void sandbox.addFault(toFaultRule(requests[fault.on], fault, bodies)),
    count: (kind) => sandbox.requests(requests[kind]).length,
    close: () => sandbox.close(),
  };
}

const common = {
  read: { operation: "odata.query", input: { service, entitySet, query: { top: 1 } } },
  write: {
    operation: "odata.create",
    input: {
      service,
      entitySet,
      record: { BusinessPartnerCategory: "2", OrganizationBPName1: "Fjordline Contract" },
    },
  },
  writer: {
    entity: `${service}/${entitySet}`,
    unknownId: "'999999'",
    create: (mark: string) => ({ BusinessPartnerCategory: "2", OrganizationBPName1: mark }),
    change: (mark: string) => ({ OrganizationBPName2: mark }),
    cutNextWrite({ sandbox }: RunningSandbox, kind: "create" | "change") {
      // Before a change it reads what it compares, in a batch as well.
      sandbox.addFault({ path: `${root}/$batch`, skip: kind === "change" ? 1 : 0, cutAfter: true });
    },
  },
  misdirect({ sandbox }: RunningSandbox, origin: string) {
    const body = { d: { results: [], __next: `${origin}${root}/${entitySet}?$skiptoken=2` } };
    sandbox.addFault({ ...requests.read, status: 200, body });
    return { operation: "odata.query", input: { service, entitySet } };
  },
} as const;

/** Logon by user and password. */
export const basicHarness: ContractHarness<RunningSandbox> = {
  ...common,
  authenticationMethod: "basic",
  start: (options) => start(options, ({ user }) => ({ username: user.name, password: user.password })),
  invalidCredentials: [
    { description: "a user with a colon", credentials: { username: "A:B", password: "x" }, path: "username" },
  ],
  without: ["browser", "tokens", "lifetime_omission"],
};

/** Logon by a token for the client itself. */
export const clientCredentialsHarness: ContractHarness<RunningSandbox> = {
  ...common,
  authenticationMethod: "oauth2_client_credentials",
  start: (options) => start(options, ({ client }) => ({ clientId: client.id, clientSecret: client.secret })),
  grant: {
    expireAccessTokens: ({ sandbox }) => void sandbox.expireAccessTokens(),
    revoke: ({ sandbox }) => void sandbox.expireAccessTokens(),
  },
  // XSUAA always states a lifetime.
  without: ["browser", "lifetime_omission"],
};
