import type { Clock, ConnectorRequest, TransportResponse } from "@isthmus/core";
import type { CallOptions } from "./api.js";

/** What a {@link DescribeCache} works with. */
export interface DescribeCacheParts {
  readonly clock: Clock;
  /** Sends; every status is an answer. */
  sendRaw(request: ConnectorRequest): Promise<TransportResponse>;
  /** Names the connected user: what is described depends on what the user may see. */
  owner(signal: AbortSignal | undefined): Promise<string>;
}

interface Entry {
  readonly response: TransportResponse;
  readonly conditions: Readonly<Record<string, string>>;
  readonly storedAtMs: number;
}

/** An organisation's objects as a program works with them; one description has some 50 to 500 kB. */
const mostBytes = 16 * 1024 * 1024;

/** Salesforce promises to notice changed metadata; a permission that changed is seen after this time at the latest. */
const longestAgeMs = 3_600_000;

/**
 * Descriptions as they were read last. Each use asks Salesforce whether they still hold, which costs a request but neither the
 * work nor the transfer. They belong to one user: another one's are never used.
 *
 * @see https://developer.salesforce.com/docs/platform/api-rest/guide/intro-rest-conditional-requests.html
 */
export class DescribeCache {
  readonly #parts: DescribeCacheParts;
  /** Those that were used longest ago first. */
  readonly #entries = new Map<string, Entry>();
  #owner = "";
  #bytes = 0;

  constructor(parts: DescribeCacheParts) {
    this.#parts = parts;
  }

  /** The answer to a GET: the one of before where Salesforce says that it still holds, else whatever it answers now. */
  async read(name: string, path: string, options: CallOptions): Promise<TransportResponse> {
    const request = { ...options, name, method: "GET", path } as const;
    const owner = await this.#parts.owner(options.signal);
    this.#belongTo(owner);
    const known = this.#find(path);
    const response = await this.#parts.sendRaw({ ...request, ...(known && { headers: known.conditions }) });
    const isStill = (await this.#parts.owner(options.signal)) === owner;
    // Somebody connected as another user meanwhile: nobody knows for whom that was answered.
    if (!isStill) return known ? this.#parts.sendRaw(request) : response;
    if (response.status === 304 && known) return this.#keep(path, { ...known });
    if (response.status === 200) return this.#keep(path, this.#toEntry(response));
    return response;
  }

  #belongTo(owner: string): void {
    if (this.#owner === owner) return;
    this.#owner = owner;
    this.#entries.clear();
    this.#bytes = 0;
  }

  #find(path: string): Entry | undefined {
    const entry = this.#entries.get(path);
    return entry && this.#parts.clock.now() - entry.storedAtMs < longestAgeMs ? entry : undefined;
  }

  #keep(path: string, entry: Entry): TransportResponse {
    this.#remove(path);
    if (Object.keys(entry.conditions).length > 0) {
      this.#entries.set(path, entry);
      this.#bytes += entry.response.body.length;
    }
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= mostBytes) break;
      this.#remove(oldest);
    }
    return entry.response;
  }

  #remove(path: string): void {
    this.#bytes -= this.#entries.get(path)?.response.body.length ?? 0;
    this.#entries.delete(path);
  }

  #toEntry(response: TransportResponse): Entry {
    const { etag, "last-modified": modified } = response.headers;
    return {
      response,
      conditions: {
        ...(typeof etag === "string" && { "if-none-match": etag }),
        ...(typeof modified === "string" && { "if-modified-since": modified }),
      },
      storedAtMs: this.#parts.clock.now(),
    };
  }
}
