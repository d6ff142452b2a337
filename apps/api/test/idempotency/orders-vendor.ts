import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** An order at the vendor: one effect. */
export interface VendorOrder {
  readonly id: string;
  readonly body: string;
  readonly key: string | undefined;
}

type Answer = (response: ServerResponse, done: () => void) => unknown;

/**
 * A vendor that takes orders. `POST /orders` makes one each time; with an `x-order-key` that it knows, it answers as it did the
 * first time. `PUT /orders/{id}` is the same however often it comes.
 */
export interface OrdersVendor {
  /** Origin. */
  readonly url: string;
  readonly host: string;
  readonly orders: VendorOrder[];
  /** Requests so far: method and path. */
  readonly requests: string[];
  /** Answers the next request in place of the vendor. `done()` lets the vendor do its work first. */
  next(answer: Answer): void;
  /** Takes back what {@link next} has left. */
  forgive(): void;
  /** Forgets every order. */
  clear(): void;
  close(): Promise<void>;
}

/** Starts it on a free port of this machine. */
export async function startOrdersVendor(): Promise<OrdersVendor> {
  const orders: VendorOrder[] = [];
  const requests: string[] = [];
  const scripted: Answer[] = [];

  const work = (request: IncomingMessage, body: string): VendorOrder => {
    const header = request.headers["x-order-key"];
    const key = typeof header === "string" ? header : undefined;
    const put = request.method === "PUT" ? (request.url ?? "").split("/")[2] : undefined;
    const known = orders.find((order) =>
      put === undefined ? key !== undefined && order.key === key : order.id === put,
    );
    const order = known ?? { id: put ?? `order-${orders.length + 1}`, body, key };
    if (!known) orders.push(order);
    return order;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    requests.push(`${request.method} ${request.url}`);
    const answer = scripted.shift();
    if (answer) return answer(response, () => void work(request, body));
    const { id, body: what } = work(request, body);
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ id, what }));
  };
  const server = createServer((request, response) => {
    request.on("error", () => undefined);
    // A caller that died in the middle of its body leaves nothing to answer.
    handle(request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    orders,
    requests,
    next: (answer) => void scripted.push(answer),
    forgive: () => void scripted.splice(0),
    clear: () => void orders.splice(0),
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

/** Does the work, and cuts the connection in place of an answer. */
export function cutAfterwards(response: ServerResponse, done: () => void): void {
  done();
  response.destroy();
}

/** Cuts the connection before anything is done. */
export function cutBefore(response: ServerResponse): void {
  response.destroy();
}

/** Answers with a status, and does nothing. */
export function refuseWith(status: number): Answer {
  return (response) => response.writeHead(status, { "content-type": "application/json" }).end("{}");
}
