import type { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { ConnectorError, pause, pauseBeforeLookingAgainMs, type TransportStreamResponse } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import { plainBody } from "../plain-body.js";

/** How often a page is asked for again in a row without a byte more of it. */
const maxFailures = 6;

/** What the headers of a page say. */
export interface PageHead {
  /** Where the next page is; `undefined` on the last one. */
  readonly locator: string | undefined;
  /** Rows of the page, where Salesforce tells. */
  readonly records: number | undefined;
}

/** What is asked for. */
export interface PageRequest {
  readonly path: string;
  readonly name: string;
  /** Whether the answer has to say where the next page is. */
  readonly isPaged: boolean;
  readonly signal: AbortSignal;
}

/**
 * The bytes of one page of a result. It is asked for as soon as this is made, so that Salesforce prepares it, and read no
 * faster than its reader reads. When the connection is cut, the page is asked for again and goes on where it was: what was
 * read already is compared by its checksum and skipped.
 */
export class PageBody {
  readonly #api: Pick<SalesforceApi, "openStream" | "clock">;
  readonly #request: PageRequest;
  #head: PageHead | undefined;
  #opened: Promise<Readable>;
  /** What was handed on: its length and checksum. */
  #bytes = 0;
  #checksum = 0;

  constructor(api: Pick<SalesforceApi, "openStream" | "clock">, request: PageRequest) {
    this.#api = api;
    this.#request = request;
    this.#opened = this.#open();
    // Whoever reads it is told; a page that is never read must not end the process.
    this.#opened.catch(() => undefined);
  }

  /** What its headers say. @throws {ConnectorError} when Salesforce does not answer. */
  async head(): Promise<PageHead> {
    for (let failures = 0; this.#head === undefined; failures += 1) {
      try {
        await this.#opened;
      } catch (error) {
        await this.#askAgain(error, failures);
      }
    }
    return this.#head;
  }

  /**
   * The page, once.
   *
   * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when the page is another one than it was before the cut.
   */
  async *read(): AsyncGenerator<Buffer, void> {
    for (let failures = 0; ; ) {
      let body: Readable | undefined;
      const before = this.#bytes;
      try {
        body = await this.#opened;
        for await (const piece of this.#goOn(body)) {
          this.#bytes += piece.length;
          this.#checksum = crc32(piece, this.#checksum);
          yield piece;
        }
        return;
      } catch (error) {
        failures = this.#bytes > before ? 0 : failures + 1;
        await this.#askAgain(error, failures);
      } finally {
        body?.destroy();
      }
    }
  }

  /** Lets go of it. */
  async discard(): Promise<void> {
    const [opened] = await Promise.allSettled([this.#opened]);
    if (opened.status === "fulfilled") opened.value.destroy();
  }

  /** What comes after the bytes that were handed on. */
  async *#goOn(body: Readable): AsyncGenerator<Buffer, void> {
    let skip = this.#bytes;
    let checksum = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      if (skip === 0) {
        yield piece;
        continue;
      }
      const known = piece.subarray(0, skip);
      skip -= known.length;
      checksum = crc32(known, checksum);
      if (skip === 0 && checksum !== this.#checksum) throw changed();
      if (known.length < piece.length) yield piece.subarray(known.length);
    }
    if (skip > 0) throw changed();
  }

  async #askAgain(error: unknown, failures: number): Promise<void> {
    const pauseMs = failures < maxFailures ? pauseBeforeLookingAgainMs(error, failures) : undefined;
    if (pauseMs === undefined) throw error;
    await pause(this.#api.clock, pauseMs, this.#request.signal);
    this.#opened = this.#open();
    this.#opened.catch(() => undefined);
  }

  async #open(): Promise<Readable> {
    const { path, name, signal } = this.#request;
    const response = await this.#api.openStream({
      name,
      method: "GET",
      path,
      headers: { accept: "text/csv" },
      signal,
    });
    try {
      const head = readHead(response, this.#request.isPaged);
      const before = this.#head;
      if (before && (before.locator !== head.locator || before.records !== head.records)) throw changed();
      this.#head = head;
      return plainBody(response);
    } catch (error) {
      response.body.destroy();
      throw error;
    }
  }
}

function readHead({ headers, status }: TransportStreamResponse, isPaged: boolean): PageHead {
  const mediaType = String(headers["content-type"] ?? "").toLowerCase();
  const locator = headers["sforce-locator"];
  const records = headers["sforce-numberofrecords"];
  // Without a locator nobody knows whether this is all: to go on from the start would never end.
  const problem = !mediaType.startsWith("text/csv")
    ? "CSV"
    : isPaged && (typeof locator !== "string" || locator === "")
      ? "a page of a result: the header Sforce-Locator is missing"
      : undefined;
  if (problem) {
    const message = `Salesforce's answer is not ${problem}.`;
    throw new ConnectorError("UNEXPECTED_RESPONSE", message, { vendor: { status } });
  }
  return {
    // The last page says "null", in letters.
    locator: typeof locator === "string" && locator !== "null" ? locator : undefined,
    records: typeof records === "string" && /^\d+$/.test(records) ? Number(records) : undefined,
  };
}

function changed(): ConnectorError {
  const message =
    "A page of the result was cut off and is another one now, so that what was read of it cannot be trusted. Run the query again.";
  return new ConnectorError("UNEXPECTED_RESPONSE", message);
}
