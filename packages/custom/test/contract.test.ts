import {
  basicHarness,
  type ContractHarness,
  clientCredentialsHarness,
  describeConnector,
  referenceHarness,
  type StandIn,
} from "@isthmus/testkit";
import { custom } from "../src/index.js";
import { referenceConfiguration } from "./reference-configuration.js";

// The vendor takes a password in the header that an API key may be sent in as well.
const apiKeyHarness: ContractHarness<StandIn> = {
  ...described(basicHarness),
  authenticationMethod: "api_key",
  start: async (options) => {
    const running = await described(basicHarness).start(options);
    const { username, password } = Object(running.settings.credentials);
    const configuration = {
      ...Object(running.settings.configuration),
      authentication: { apiKey: { name: "Authorization", prefix: "Basic " } },
    };
    const apiKey = Buffer.from(`${username}:${password}`).toString("base64");
    return { ...running, settings: { credentials: { apiKey }, configuration } };
  },
};

// One configuration, four of its authentication methods: the whole contract without a line of code.
for (const harness of [referenceHarness, clientCredentialsHarness, basicHarness]) {
  describeConnector(custom, described(harness));
}
describeConnector(custom, apiKeyHarness);

/** A reference harness whose connector is configured in place of written. */
function described<Running extends StandIn>(
  harness: ContractHarness<Running>,
): ContractHarness<StandIn & { readonly vendor: Running }> {
  const { authenticationMethod, read, write, writer, invalidCredentials, browser, grant, without = [] } = harness;
  return {
    authenticationMethod,
    read,
    ...(write && { write }),
    ...(writer && {
      writer: { ...writer, cutNextWrite: ({ vendor }, kind) => writer.cutNextWrite(vendor, kind) },
    }),
    ...(invalidCredentials && { invalidCredentials }),
    start: async (options) => {
      const vendor = await harness.start(options);
      const [host = ""] = vendor.environment?.allowedPrivateHosts ?? [];
      return {
        vendor,
        settings: {
          credentials: vendor.settings.credentials,
          configuration: referenceConfiguration(`http://${host}`, options.requestTimeoutMs),
        },
        ...(vendor.environment && { environment: vendor.environment }),
        fail: (fault) => vendor.fail(fault),
        count: (kind) => vendor.count(kind),
        secrets: () => vendor.secrets?.() ?? [],
        close: () => vendor.close(),
      };
    },
    ...(browser && {
      browser: {
        redirectUri: browser.redirectUri,
        approve: ({ vendor }, url) => browser.approve(vendor, url),
        deny: ({ vendor }, url) => browser.deny(vendor, url),
      },
    }),
    ...(grant && {
      grant: {
        expireAccessTokens: ({ vendor }) => grant.expireAccessTokens(vendor),
        revoke: ({ vendor }) => grant.revoke(vendor),
        ...(grant.omitLifetime && { omitLifetime: ({ vendor }) => grant.omitLifetime?.(vendor) }),
      },
    }),
    // No input of an operation and no answer to one can name a host; pages of entities can, and have a test of their own.
    without: [...without, "misdirection"],
  };
}
