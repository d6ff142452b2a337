import type { Clock } from "./clock.js";
import { maskHeaders, maskQuery } from "./fingerprint.js";

/** One request that the sandbox received. Secrets appear only as fingerprints, bodies only as their size. */
export interface LoggedRequest {
  /** Counts from 1 since the start or the last clearing. */
  sequence: number;
  /** When it arrived, ISO 8601 UTC. */
  at: string;
  /** Upper case. */
  method: string;
  /** The path as sent, still percent-encoded, without the query. */
  path: string;
  /** Decoded; values that are secrets appear as fingerprints. */
  query: Record<string, string>;
  /** By lower-case name; credentials appear as fingerprints. */
  headers: Record<string, string>;
  /** Bytes of the request body by its content-length; 0 for a body that came in chunks. */
  bodyBytes: number;
  /** Status sent; `null` while the request is open, or when it was cut off without a response. */
  status: number | null;
  /** Milliseconds until the response was ready; `null` while the request is open. */
  durationMs: number | null;
  /** The id of the fault that was played on this request, if any. */
  faultId: string | null;
}

/** Which requests to list. Each part that is given must match. */
export interface RequestFilter {
  /** A prefix of the path. */
  path?: string | undefined;
  /** In any letter case. */
  method?: string | undefined;
}

/** Remembers the last requests, oldest dropped first. */
export class RequestLog {
  readonly #clock: Clock;
  readonly #capacity: number;
  #entries: LoggedRequest[] = [];
  #sequence = 0;

  /** @param capacity - Requests remembered at most. Default 5 000. */
  constructor(clock: Clock, capacity = 5_000) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  /** Notes a request that has just arrived. The entry it returns is completed as the request goes on. */
  open(method: string, url: string, headers: Record<string, string | string[] | undefined>): LoggedRequest {
    const [path = "/", query = ""] = splitOnce(url, "?");
    this.#sequence += 1;
    const entry: LoggedRequest = {
      sequence: this.#sequence,
      at: new Date(this.#clock()).toISOString(),
      method,
      path,
      query: maskQuery(new URLSearchParams(query)),
      headers: maskHeaders(headers),
      bodyBytes: 0,
      status: null,
      durationMs: null,
      faultId: null,
    };
    this.#entries.push(entry);
    // Dropping a tenth at a time keeps the cost of a full log constant per request.
    if (this.#entries.length > this.#capacity) this.#entries = this.#entries.slice(-Math.ceil(this.#capacity * 0.9));
    return entry;
  }

  /** The remembered requests, oldest first. */
  list(filter: RequestFilter = {}): LoggedRequest[] {
    return this.#entries
      .filter((entry) => filter.path === undefined || entry.path.startsWith(filter.path))
      .filter((entry) => filter.method === undefined || entry.method === filter.method.toUpperCase())
      .map((entry) => structuredClone(entry));
  }

  clear(): void {
    this.#entries = [];
    this.#sequence = 0;
  }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
