/** What makes a request the same as another one. */
export interface RequestFacts {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly url: string;
  readonly mediaType: string | null;
  /** Other headers that say what is to be done, where they are given. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, hexadecimal; `streamed` where it is read while the request is done. */
  readonly body: string | null;
}
