import {
  BaseConnector,
  binaryContentSchema,
  type ConnectedAccount,
  type ConnectorRequest,
  defaultRefreshPolicy,
  defineConnector,
  defineOperation,
  defineScheme,
  mapHttpStatus,
  type OperationCall,
  type TransportResponse,
} from "@isthmus/core";
import { z } from "zod";

const configurationSchema = z.strictObject({ url: z.url() });
type Configuration = z.output<typeof configurationSchema>;

/** A connector to `OrdersVendor`. */
class OrdersConnector extends BaseConnector<unknown, Configuration> {
  draw(): number {
    return this.context.random.number();
  }

  async order(request: Pick<ConnectorRequest, "method" | "path" | "headers" | "idempotent" | "body" | "signal">) {
    const sent = { ...request, name: "order", maxAttempts: 1, reconcile: "Look the order up at the vendor." };
    return orderSchema.parse((await this.send(sent)).json());
  }

  protected async identify(): Promise<ConnectedAccount> {
    return { id: "1", name: "Orders", environment: "sandbox" };
  }

  protected baseUrl(): string {
    return this.context.configuration.url;
  }

  protected mapFailure({ status, headers }: TransportResponse, request: ConnectorRequest) {
    return mapHttpStatus({ status, headers, request, nowMs: this.clock.now() });
  }
}

const orderSchema = z.strictObject({ id: z.string(), what: z.string() });
const inputSchema = z.strictObject({ what: z.string() });
const common = { kind: "write", input: inputSchema, output: orderSchema } as const;
const keyOf = ({ idempotencyKey }: OperationCall): Record<string, string> =>
  idempotencyKey === undefined ? {} : { "x-order-key": idempotencyKey };

const operations = [
  defineOperation({
    ...common,
    name: "orders.create",
    summary: "Makes an order. The vendor knows no repetition.",
    idempotent: false,
    run: (connector: OrdersConnector, { what }, { signal, ...call }) =>
      connector.order({
        method: "POST",
        path: "/orders",
        headers: keyOf({ signal, ...call }),
        body: what,
        signal,
        idempotent: false,
      }),
  }),
  defineOperation({
    ...common,
    name: "orders.createOnce",
    summary: "Makes an order. The vendor knows a repetition by its key.",
    idempotent: false,
    takesIdempotencyKey: true,
    run: (connector: OrdersConnector, { what }, call) => {
      const headers = keyOf(call);
      const { signal } = call;
      const idempotent = call.idempotencyKey !== undefined;
      return connector.order({ method: "POST", path: "/orders", headers, body: what, signal, idempotent });
    },
  }),
  defineOperation({
    ...common,
    name: "orders.put",
    summary: "Makes an order what it is to be.",
    idempotent: true,
    run: (connector: OrdersConnector, { what }, { signal }) =>
      connector.order({ method: "PUT", path: `/orders/${encodeURIComponent(what)}`, body: what, signal }),
  }),
  defineOperation({
    name: "orders.upload",
    summary: "Makes an order of bytes.",
    kind: "write",
    idempotent: false,
    consumes: "text/plain",
    input: z.strictObject({}),
    output: orderSchema,
    run: (connector: OrdersConnector, _input, { signal, content }) =>
      connector.order({ method: "POST", path: "/orders", body: content?.body ?? "", signal, idempotent: false }),
  }),
  defineOperation({
    name: "orders.print",
    summary: "Makes an order and gives it as a text.",
    kind: "write",
    idempotent: false,
    produces: "text/plain",
    input: inputSchema,
    output: binaryContentSchema,
    run: async (connector: OrdersConnector, { what }, { signal }) => {
      const { id } = await connector.order({ method: "POST", path: "/orders", body: what, signal, idempotent: false });
      return {
        mediaType: "text/plain",
        body: (async function* () {
          yield Buffer.from(id);
        })(),
      };
    },
  }),
  defineOperation({
    name: "orders.ping",
    summary: "Answers with something new each time.",
    kind: "read",
    idempotent: true,
    input: z.strictObject({}),
    output: z.strictObject({ at: z.number() }),
    run: async (connector: OrdersConnector) => ({ at: connector.draw() }),
  }),
];

/** See `OrdersConnector`. */
export const orders = defineConnector<Configuration, OrdersConnector>({
  specificationVersion: 1,
  type: "orders",
  displayName: "Orders",
  version: "1.0.0",
  authentication: { api_key: defineScheme({ title: "Key", credentials: z.strictObject({ key: z.string() }) }) },
  configuration: configurationSchema,
  externalSystemUrlField: "url",
  exampleConfiguration: { url: "https://orders.example.com" },
  refreshPolicy: defaultRefreshPolicy,
  allowedHosts: () => ["127.0.0.1"],
  operations: () => operations,
  create: (context) => new OrdersConnector(context),
});

/** The body that adds a connector to the vendor. */
export function ordersConnector({ url }: { readonly url: string }): object {
  const settings = { environment: "sandbox", authenticationMethod: "api_key", credentials: { key: "k" } };
  return { code: "orders", name: "Our orders", type: "orders", externalSystemUrl: url, ...settings };
}
