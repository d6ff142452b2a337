/** A request as the routes see it. */
export interface VendorRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** An answer, before faults. `body` is sent as JSON; `undefined` is no body. */
export interface VendorAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
}
