import { ValidationError } from "../errors/index.js";
import type { TransportRequest } from "./types.js";

/**
 * The headers as undici's flat list of names and values, with our user agent where there is none.
 *
 * @throws {ValidationError} on a `host` header: it would change which server is asked and whose certificate is accepted.
 */
export function toHeaderList(headers: TransportRequest["headers"], userAgent: string): string[] {
  const list: string[] = [];
  let hasUserAgent = false;
  if (headers !== undefined) {
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined) continue;
      if (name.length === 4 && name.toLowerCase() === "host") {
        throw new ValidationError("The request cannot be sent: the host comes from the address, not from a header.");
      }
      if (name.length === 10 && name.toLowerCase() === "user-agent") hasUserAgent = true;
      list.push(name, value);
    }
  }
  if (!hasUserAgent) list.push("user-agent", userAgent);
  return list;
}
