import type { HttpMethod } from "@isthmus/core";
import type { ODataAnswer } from "./answer.js";

/** One request to a service, before it is known whether it goes alone or in a batch. */
export interface ODataCall<Result = unknown> {
  /** For metrics and messages: `Products.create`. */
  readonly name: string;
  readonly method: HttpMethod;
  /** Relative to the service's root, with query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Becomes JSON. */
  readonly body?: unknown;
  /** Whether it may change something. */
  readonly changes: boolean;
  /** Default: by method. */
  readonly idempotent?: boolean;
  /** How its result can be looked up, in words for a person. */
  readonly reconcile?: string;
  /** Name by which others in the same change set refer to what it makes: `$order`. */
  readonly contentId?: string;
  /** Reads a success. @throws {ConnectorError} `UNEXPECTED_RESPONSE` */
  read(answer: ODataAnswer): Result;
}

/** What ends a call early. */
export interface CallOptions {
  /** Ends the call when aborted. */
  readonly signal?: AbortSignal;
}
