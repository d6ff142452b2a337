import {
  BaseConnector,
  type ConnectedAccount,
  ConnectorError,
  defaultRefreshPolicy,
  defineBulkOperation,
  defineConnector,
  defineOperation,
  defineScheme,
} from "@isthmus/core";
import { z } from "zod";

const credentialsSchema = z.strictObject({ apiKey: z.string().meta({ writeOnly: true }) });
type Credentials = z.output<typeof credentialsSchema>;

/** A connector whose libraries throw everything that they hold, each time in another way. */
class ThrowingConnector extends BaseConnector<Credentials> {
  #count = 0;

  fail(): never {
    const { apiKey } = this.context.credentials;
    const failures = [
      new Error(`Request with ${apiKey} failed`, { cause: new Error(`The key was ${apiKey}`) }),
      Object.assign(new Error("failed"), {
        config: { headers: { authorization: `Bearer ${apiKey}` } },
        request: { apiKey },
      }),
      new AggregateError([new Error(apiKey), new Error(`password=${apiKey}`)], `all of ${apiKey}`),
      apiKey,
      { apiKey, toString: () => apiKey },
      Object.assign(new TypeError("bad"), { name: apiKey, code: apiKey, stack: `Error: ${apiKey}\n    at ${apiKey}` }),
      new ConnectorError("VENDOR_REJECTED", `It says ${apiKey}.`, {
        cause: new Error(apiKey),
        vendor: { code: apiKey, message: apiKey, messages: [{ severity: "error", message: apiKey }] },
      }),
    ];
    this.#count += 1;
    throw failures[this.#count % failures.length];
  }

  protected async identify(): Promise<ConnectedAccount> {
    return this.fail();
  }

  protected baseUrl(): string {
    return "https://throwing.example.com";
  }

  protected mapFailure(): ConnectorError {
    return new ConnectorError("INTERNAL", "Nothing is sent.");
  }
}

const throwNow = defineOperation({
  name: "throw",
  summary: "Throws.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({}),
  output: z.strictObject({}),
  run: async (connector: ThrowingConnector) => connector.fail(),
});

const throwInBulk = defineBulkOperation({
  name: "throw.bulk",
  summary: "Throws.",
  idempotent: false,
  input: z.strictObject({}),
  output: z.strictObject({}),
  longRun: {
    state: z.strictObject({}),
    start: async (connector: ThrowingConnector) => connector.fail(),
    advance: async (connector) => connector.fail(),
    cancel: async (connector) => connector.fail(),
  },
});

/** See `ThrowingConnector`. */
export const throwing = defineConnector<Record<string, never>, ThrowingConnector, Credentials>({
  specificationVersion: 1,
  type: "throwing",
  displayName: "Throwing",
  version: "1.0.0",
  authentication: { api_key: defineScheme({ title: "Key", credentials: credentialsSchema }) },
  configuration: z.strictObject({}),
  exampleConfiguration: {},
  refreshPolicy: defaultRefreshPolicy,
  allowedHosts: () => ["throwing.example.com"],
  operations: () => [throwNow, throwInBulk],
  create: (context) => new ThrowingConnector(context),
});
