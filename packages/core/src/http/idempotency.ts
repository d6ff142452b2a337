import type { HttpMethod, TransportRequest } from "./types.js";

const idempotentMethods: ReadonlySet<HttpMethod> = new Set<HttpMethod>(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/**
 * Whether sending the request twice has the effect of sending it once: what it says of itself, else what its method means.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
 */
export function isIdempotent(request: Pick<TransportRequest, "method" | "idempotent">): boolean {
  return request.idempotent ?? idempotentMethods.has(request.method);
}
