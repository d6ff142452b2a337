/** An answer as a test looks at it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed JSON; `undefined` when there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads fields of an answer that it then proves
  readonly body: any;
}

/** Calls the API by real HTTP with one key. */
export class ApiClient {
  readonly #url: string;
  readonly #key: string | undefined;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers - Sent with every call. */
  constructor(url: string, key: string | undefined, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#key = key;
    this.#headers = headers;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send("GET", path, undefined, headers);
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send("POST", path, body, headers);
  }

  patch(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send("PATCH", path, body, headers);
  }

  delete(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send("DELETE", path, undefined, headers);
  }

  /** Runs an operation of a connector. */
  run(connectorId: string, operation: string, input: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.post(`/v1/connectors/${connectorId}/operations/${operation}`, input, headers);
  }

  async send(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      method,
      redirect: "manual",
      headers: {
        ...(this.#key !== undefined && { authorization: `Bearer ${this.#key}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...this.#headers,
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson =
      response.headers.get("content-type")?.includes("json") &&
      !response.headers.get("content-type")?.includes("ndjson");
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== "" ? JSON.parse(text) : undefined,
    };
  }
}
