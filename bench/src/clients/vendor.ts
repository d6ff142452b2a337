/** What is measured: one call of each kind, as a program makes it. */
export const scenarios = ["retrieve", "create", "query"] as const;

/** One of {@link scenarios}. */
export type Scenario = (typeof scenarios)[number];

/** One client's calls. Each answers the parsed record, id or records: the same from every client. */
export type Client = Readonly<Record<Scenario, () => Promise<unknown>>>;

/** The clients of one vendor's API, side by side. */
export interface Vendor {
  /** By name. `undici` is raw HTTP, `isthmus` our connector. */
  readonly clients: Readonly<Record<string, (origin: string) => Promise<Client>>>;
  /** Which of them is the library that the connector wraps. */
  readonly library: string;
  /** HTTP status of a record that was created. */
  readonly createdStatus: number;
  /** Whether a request's address asks for a page of a query. */
  readonly isQuery: (url: string) => boolean;
}
