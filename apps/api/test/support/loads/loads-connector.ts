import {
  BaseConnector,
  type ConnectedAccount,
  type ConnectorRequest,
  defaultRefreshPolicy,
  defineBulkOperation,
  defineConnector,
  defineOperation,
  defineScheme,
  mapHttpStatus,
  type TransportResponse,
} from "@isthmus/core";
import { z } from "zod";

const configurationSchema = z.strictObject({ url: z.url() });
type Configuration = z.output<typeof configurationSchema>;

/** A connector to `LoadsVendor`. */
class LoadsConnector extends BaseConnector<unknown, Configuration> {
  async call(method: "GET" | "POST" | "PUT", path: string, signal: AbortSignal, body?: ConnectorRequest["body"]) {
    const request = { method, path, signal, name: "load", idempotent: true, maxAttempts: 1 };
    return (await this.send({ ...request, ...(body !== undefined && { body }) })).json();
  }

  protected async identify(): Promise<ConnectedAccount> {
    return { id: "1", name: "Loads", environment: "sandbox" };
  }

  protected baseUrl(): string {
    return this.context.configuration.url;
  }

  protected mapFailure({ status, headers }: TransportResponse, request: ConnectorRequest) {
    return mapHttpStatus({ status, headers, request, nowMs: this.clock.now() });
  }
}

const stateSchema = z.strictObject({ loadId: z.string() });
const outputSchema = z.strictObject({ loadId: z.string(), loaded: z.int() });
const madeSchema = z.object({ id: z.string() });
const lookSchema = z.object({ state: z.string(), processed: z.int(), total: z.int() });

const loadRows = defineBulkOperation({
  name: "rows.load",
  summary: "Loads rows.",
  idempotent: false,
  input: z.strictObject({ waitMs: z.coerce.number().default(0) }),
  output: outputSchema,
  consumes: "text/csv",
  longRun: {
    state: stateSchema,
    async start(connector: LoadsConnector, _input, { signal, content, checkpoint }) {
      const { id: loadId } = madeSchema.parse(await connector.call("POST", "/loads", signal));
      await checkpoint({ loadId });
      await connector.call("PUT", `/loads/${loadId}/rows`, signal, content?.body);
      return { loadId };
    },
    async advance(connector, { loadId }, { signal }) {
      const { state, processed, total } = lookSchema.parse(await connector.call("GET", `/loads/${loadId}`, signal));
      const progress = { processed, failed: 0, total };
      if (state === "done") return { done: true, progress, output: { loadId, loaded: processed } };
      return { done: false, state: { loadId }, progress, waitMs: 0 };
    },
    async cancel(connector, { loadId }, { signal }) {
      await connector.call("POST", `/loads/${loadId}/abort`, signal);
    },
  },
});

const ping = defineOperation({
  name: "ping",
  summary: "Answers.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({}),
  output: z.strictObject({}),
  run: async () => ({}),
});

/** See `LoadsConnector`. */
export const loads = defineConnector<Configuration, LoadsConnector>({
  specificationVersion: 1,
  type: "loads",
  displayName: "Loads",
  version: "1.0.0",
  authentication: { api_key: defineScheme({ title: "Key", credentials: z.strictObject({ key: z.string() }) }) },
  configuration: configurationSchema,
  externalSystemUrlField: "url",
  exampleConfiguration: { url: "https://loads.example.com" },
  refreshPolicy: defaultRefreshPolicy,
  allowedHosts: () => ["127.0.0.1"],
  operations: () => [loadRows, ping],
  create: (context) => new LoadsConnector(context),
});
