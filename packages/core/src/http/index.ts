export { isPublicAddress } from "./addresses.js";
export {
  type CallBudget,
  type CallBudgets,
  type CallLimits,
  type CallPermit,
  type CallRate,
  joinBudgets,
} from "./call-budget.js";
export { type ClientIdentity, type ClientIdentityFields, ClientIdentitySource } from "./client-identity.js";
export { type ClientTlsParts, createClientTls } from "./client-tls.js";
export { ConcurrencyLimit } from "./concurrency-limit.js";
export { type FetchOptions, type TransportFetch, transportFetch } from "./fetch-adapter.js";
export { type HttpFailure, mapHttpStatus } from "./http-status.js";
export { isIdempotent } from "./idempotency.js";
export type { AttemptEnded, AttemptStarted, TransportObserver } from "./observer.js";
export type { TlsSource, TransportOptions, TransportRetry, TransportTls } from "./options.js";
export { BufferedResponse } from "./response.js";
export { parseRetryAfter } from "./retry-after.js";
export { toSendable } from "./sendable-body.js";
export { createTransport } from "./transport.js";
export {
  type HttpMethod,
  httpMethods,
  type PoolStatus,
  type ResponseHeaders,
  type Transport,
  type TransportRequest,
  type TransportResponse,
  type TransportStreamResponse,
  type TransportTimeouts,
} from "./types.js";
