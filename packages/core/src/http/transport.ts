import { BufferedExchange } from "./buffered-exchange.js";
import { resolveTransportOptions, type TransportOptions } from "./options.js";
import { RequestSender } from "./request-sender.js";
import { toSendable } from "./sendable-body.js";
import { StreamedExchange } from "./streamed-exchange.js";
import type { Transport } from "./types.js";

/**
 * Makes the transport of *one connector of one tenant*. Its connections, TLS sessions, places and rate are its own: two
 * tenants never share a transport, so nothing of one can reach the other through it.
 *
 * What it does to a request, in this order: judges the address; waits for a place at the origin and for the rate; connects
 * to public addresses only (unless the exact `host:port` is allowed to be private); sends; reads the answer within its size
 * limit. A failed try is repeated with exponential backoff and full jitter, or after `Retry-After`:
 *
 * | what happened | idempotent | not idempotent |
 * |-|-|-|
 * | no connection (name, refused, timeout) | repeated | repeated |
 * | certificate refused, address not allowed | not repeated | not repeated |
 * | sent, then timeout, reset or cut answer | repeated | `OUTCOME_UNKNOWN` |
 * | 429 | repeated | repeated |
 * | 408, 502, 503, 504 | repeated | returned |
 * | 500 | repeated once | returned |
 * | any other status, redirects too | returned | returned |
 *
 * After the last try its response is returned or its failure thrown. A request whose body is a stream is sent once. It does
 * not ask for compressed answers and does not decompress. No environment variable (proxy, TLS) changes what it does.
 *
 * @throws {ValidationError} when an option makes no sense.
 */
export function createTransport(options: TransportOptions): Transport {
  const resolved = resolveTransportOptions(options);
  const sender = new RequestSender(resolved);
  return {
    request: async (request) => {
      const limit = request.maxResponseBytes ?? resolved.maxResponseBytes;
      const exchange = await sender.send(toSendable(request), limit, BufferedExchange);
      return exchange.response();
    },
    stream: async (request) => {
      const limit = request.maxResponseBytes ?? Number.POSITIVE_INFINITY;
      const { status, headers, body } = await sender.send(toSendable(request), limit, StreamedExchange);
      return { status, headers, body };
    },
    assertAllowed: (url) => {
      sender.assertAllowed(url);
    },
    pool: () => sender.pool(),
    close: () => sender.close(),
  };
}
