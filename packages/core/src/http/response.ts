import { ConnectorError } from "../errors/index.js";
import type { ResponseHeaders, TransportResponse } from "./types.js";

/** A whole answer in memory. */
export class BufferedResponse implements TransportResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: Buffer;

  constructor(status: number, headers: ResponseHeaders, body: Buffer) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  text(): string {
    const { body } = this;
    // Some SAP and Windows systems begin UTF-8 with a byte order mark, which JSON.parse does not take.
    const start = body.length > 2 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
    return body.toString("utf8", start);
  }

  json(): unknown {
    const value = this.tryJson();
    if (value !== undefined) return value;
    throw new ConnectorError("UNEXPECTED_RESPONSE", `Expected JSON, but the answer ${this.#describe()}.`, {
      vendor: { status: this.status },
    });
  }

  tryJson(): unknown {
    try {
      return JSON.parse(this.text());
    } catch {
      return undefined; // The parser's own message quotes the body, and JSON itself has no `undefined`.
    }
  }

  #describe(): string {
    if (this.body.length === 0) return `(status ${this.status}) is empty`;
    const encoding = this.headers["content-encoding"];
    const type = this.headers["content-type"] ?? "no content type";
    return `(status ${this.status}) is ${type}${encoding === undefined ? "" : ` in ${encoding} encoding`}, or not valid`;
  }
}
