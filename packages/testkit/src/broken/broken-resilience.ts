import {
  type ConnectorRequest,
  isConnectorError,
  TransientError,
  type TransportRequest,
  type TransportResponse,
} from "@isthmus/core";
import { ReferenceConnector } from "../reference/reference-connector.js";
import type { ClauseId } from "../suite/contract.js";
import { type BrokenConnector, brokenBy, brokenClass } from "./broken-connector.js";
import { carelessTransport, type RetryMistake } from "./careless-transport.js";

const isRead = (request: TransportRequest) => request.method === "GET";
const isBroken = (response: TransportResponse) => response.status === 429 || response.status >= 500;

/** Connectors that repeat too much, too little or too early. Core's transport does none of it, so it is replaced. */
export const brokenResilience: readonly BrokenConnector[] = [
  brokenRetry("rate_limit.retry_after", "comes back before Retry-After is over", {
    maxAttempts: 4,
    pauseMs: (attempt) => 100 * 2 ** attempt,
    repeats: (request, response) => isRead(request) && isBroken(response),
  }),

  brokenRetry("server_error.read_backoff", "waits the same short time before each try", {
    maxAttempts: 4,
    pauseMs: () => 100,
    repeats: (request, response) => isRead(request) && isBroken(response),
  }),

  brokenRetry("server_error.read_gives_up", "asks a broken vendor fifty times", {
    maxAttempts: 50,
    pauseMs: (attempt) => 10 * attempt,
    repeats: (request, response) => isRead(request) && isBroken(response),
  }),

  brokenRetry("server_error.write_once", "sends a write again after a 500", {
    maxAttempts: 4,
    pauseMs: (attempt) => 100 * 2 ** attempt,
    repeats: (_request, response) => isBroken(response),
  }),

  brokenClass(
    "timeout.write",
    "calls a write without an answer a retryable timeout",
    class extends ReferenceConnector {
      protected override async sendRaw(request: ConnectorRequest): Promise<TransportResponse> {
        try {
          return await super.sendRaw(request);
        } catch (error) {
          if (!isConnectorError(error) || error.code !== "OUTCOME_UNKNOWN") throw error;
          throw new TransientError("TIMEOUT", "The vendor did not answer in time.", { cause: error });
        }
      }
    },
  ),

  brokenClass(
    "cut.read",
    "gives up when the answer to a read is cut",
    class extends ReferenceConnector {
      protected override sendRaw(request: ConnectorRequest): Promise<TransportResponse> {
        return super.sendRaw({ ...request, maxAttempts: 1 });
      }
    },
  ),

  brokenClass(
    "cut.write",
    "calls every write idempotent",
    class extends ReferenceConnector {
      protected override sendRaw(request: ConnectorRequest): Promise<TransportResponse> {
        return super.sendRaw({ ...request, idempotent: true });
      }
    },
  ),
];

function brokenRetry(breaks: ClauseId, mistake: string, retry: RetryMistake): BrokenConnector {
  return brokenBy(breaks, mistake, {
    create: (context) => {
      const transport = carelessTransport(context.transport, context.clock, retry);
      return new ReferenceConnector({ ...context, transport });
    },
  });
}
