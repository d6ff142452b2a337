import type { Upload } from "../blobs/blob-input.js";

/** One call of the data API, however it came: on its own, or within a composite request. */
export interface RestCall {
  method: string;
  /** The values of the path's `:names`, decoded. */
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string | undefined>>;
  /** By lower-case name. */
  headers: Readonly<Record<string, string | undefined>>;
  /** The body as it came; empty when there is none. Of a multipart body, the part with the record. */
  text: string;
  /** The files of a multipart body. */
  uploads: readonly Upload[];
  userId: string;
  /** The API version of the path, such as 60. */
  version: number;
}

/** What a call is answered with; failures are thrown as `SalesforceError`. */
export interface RestAnswer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; left out where Salesforce sends no body. */
  body?: unknown;
  /** Sent in place of a body, as they are. */
  bytes?: { content: Buffer; type: string };
}

/** Answers a call at once: nothing comes between its reading and its writing. */
export type RestHandler = (call: RestCall) => RestAnswer;
