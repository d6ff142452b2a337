import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";

/** What is measured: one call of each kind, as a program makes it. */
export const scenarios = ["retrieve", "create", "query"] as const;

/** One of {@link scenarios}. */
export type Scenario = (typeof scenarios)[number];

/** One client's calls. Each answers the parsed record, id or records: the same from every client. */
export type Client = Readonly<Record<Scenario, () => Promise<unknown>>>;

/** What the server sends beside a status. */
export interface Answer {
  readonly headers: Readonly<OutgoingHttpHeaders>;
  readonly body: string | Buffer;
}

/** The clients of one vendor's API, side by side. */
export interface Vendor {
  /** By name. `undici` is raw HTTP, `isthmus` our connector. */
  readonly clients: Readonly<Record<string, (origin: string) => Promise<Client>>>;
  /** Which of them is the library that the connector is compared with. */
  readonly library: string;
  /** HTTP status of a record that was created. */
  readonly createdStatus: number;
  /** Whether a request's address asks for a page of a query. */
  readonly isQuery: (url: string) => boolean;
  /** Queries of one measurement. Default 300. */
  readonly queries?: number;
  /** Makes the bodies of the scenarios of fewer recordings. Default: each has one of its own. */
  readonly bodies?: (recording: (file: string) => Buffer) => Readonly<Record<Scenario, Buffer>>;
  /** Headers that every answer has beside those of its content. */
  readonly headers?: (request: IncomingMessage) => Answer["headers"];
  /** Answers what is asked for beside the scenarios: metadata, tokens. `undefined`: it is one of the scenarios. */
  readonly answerOther?: (request: IncomingMessage, recording: (file: string) => Buffer) => Answer | undefined;
}
