import { type ConnectorError, isConnectorError, RateLimitError, ValidationError } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import { inOrder } from "../in-order.js";
import { type RecordResult, readResults } from "./results.js";
import { splitByLimits } from "./split.js";
import type { Row, WriteCall } from "./write-call.js";

/** How a collection is written. */
export interface CollectionOptions {
  /**
   * Whether one failed record takes all others back. It holds within one request of Salesforce's, so that it is refused
   * for more than 200 records, or more than 10 runs of records of one object. Default false.
   */
  readonly allOrNone?: boolean;
  /** Requests at once, 1 to 5. Several of them contend for the locks on records that they share. Default 1. */
  readonly concurrency?: number;
  /** Ends the work when aborted: records not sent yet say `CANCELLED`. */
  readonly signal?: AbortSignal;
}

/** Tries after the first one, where Salesforce did nothing because it was busy or a record was locked. */
const maxRepetitions = 4;
const baseMs = 500;
const capMs = 8_000;
const maxRetryAfterMs = 60_000;

/** Failures of a request that the next one would meet too. */
const hopeless: ReadonlySet<string> = new Set([
  "AUTHENTICATION_FAILED",
  "RECONNECT_REQUIRED",
  "PERMISSION_DENIED",
  "QUOTA_EXHAUSTED",
  "UNSUPPORTED",
  "FORBIDDEN_TARGET",
  "CANCELLED",
]);

/** A row that goes into a request. */
type SendableRow = Row & { readonly text: string };

/** The writing of one collection. */
export class CollectionRun {
  readonly #api: SalesforceApi;
  readonly #call: WriteCall;
  readonly #options: CollectionOptions;
  readonly #signal: AbortSignal;
  #stopped: ConnectorError | undefined;
  #isCutShort = false;

  constructor(api: SalesforceApi, call: WriteCall, options: CollectionOptions) {
    this.#api = api;
    this.#call = call;
    this.#options = options;
    this.#signal = options.signal ? AbortSignal.any([options.signal, api.signal]) : api.signal;
    const { concurrency = 1 } = options;
    if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 5) return;
    throw new ValidationError("A collection is written with 1 to 5 requests at once.", [
      { path: "concurrency", message: "must be 1 to 5" },
    ]);
  }

  /** Why no further request is sent: a failure that each would meet. Records without a result were not sent. */
  get stopped(): ConnectorError | undefined {
    return this.#stopped;
  }

  /**
   * Writes rows in requests that fit, and tells what became of each, in their order.
   *
   * @throws {ConnectorError} what it was {@link stopped} by, after the results of what was sent, when there is more.
   */
  async *results(rows: Iterable<Row> | AsyncIterable<Row>): AsyncGenerator<RecordResult, void> {
    const { allOrNone = false, concurrency = 1 } = this.#options;
    const parts = allOrNone ? onlyPart(splitByLimits(rows)) : this.#untilStopped(splitByLimits(rows));
    for await (const results of inOrder(parts, concurrency, (part) => this.#write(part))) yield* results;
    if (this.#isCutShort) throw this.#stopped;
  }

  async *#untilStopped(parts: AsyncIterable<readonly Row[]>): AsyncGenerator<readonly Row[], void> {
    for await (const part of parts) {
      this.#isCutShort = this.#stopped !== undefined;
      if (this.#isCutShort) return;
      yield part;
    }
  }

  /** One request; and again, for the records that were locked. */
  async #write(part: readonly Row[]): Promise<readonly RecordResult[]> {
    const results = new Map<Row, RecordResult>();
    for (const row of part) if (row.error) results.set(row, { ...idOf(row), error: row.error });
    let open = part.filter(isSendable);
    for (let repetitions = 0; open.length > 0; repetitions += 1) {
      const answered = await this.#send(open);
      for (const [at, row] of open.entries()) results.set(row, answered[at] ?? {});
      open = repetitions < maxRepetitions && !this.#stopped ? this.#toRepeat(open, results) : [];
      if (open.length > 0 && !(await this.#pause(open, results, repetitions))) break;
    }
    return part.map((row) => results.get(row) ?? {});
  }

  /** A request that failed as a whole says so for each of its records. */
  async #send(rows: readonly SendableRow[]): Promise<readonly RecordResult[]> {
    const { name, method, idempotent, reconcile } = this.#call;
    const { allOrNone = false, signal } = this.#options;
    const { path, body } = this.#call.request(
      rows.map(({ text }) => text),
      allOrNone,
    );
    try {
      if (this.#stopped) throw this.#stopped;
      const response = await this.#api.send({
        name,
        method,
        path: this.#api.dataPath + path,
        idempotent,
        reconcile,
        ...(body !== undefined && { body, headers: { "content-type": "application/json" } }),
        ...(signal && { signal }),
      });
      return readResults(this.#api, response.tryJson(), rows, this.#call);
    } catch (error) {
      if (!isConnectorError(error)) throw error;
      if (hopeless.has(error.code)) this.#stopped ??= error;
      return rows.map((row) => ({ ...idOf(row), error }));
    }
  }

  /** Only those that Salesforce says it did nothing with, so that this holds for creates too. */
  #toRepeat(rows: readonly SendableRow[], results: ReadonlyMap<Row, RecordResult>): SendableRow[] {
    const passing = rows.filter((row) => didNothing(results.get(row)));
    if (!this.#options.allOrNone || passing.length === 0) return passing;
    return rows.every((row) => results.get(row)?.error) ? [...rows] : [];
  }

  /** @returns false when it would be too long, or was aborted: the results stand. */
  async #pause(rows: readonly Row[], results: ReadonlyMap<Row, RecordResult>, repetitions: number): Promise<boolean> {
    const asked = rows
      .map((row) => results.get(row)?.error)
      .map((error) => (error instanceof RateLimitError ? (error.retryAfterMs ?? 0) : 0));
    const askedMs = Math.max(0, ...asked);
    if (askedMs > maxRetryAfterMs) return false;
    const backoffMs = this.#api.random.number() * Math.min(capMs, baseMs * 2 ** repetitions);
    try {
      await this.#api.clock.sleep(Math.max(askedMs, backoffMs), this.#signal);
      return true;
    } catch {
      // The next request, if there is one, ends with CANCELLED.
      return false;
    }
  }
}

/** Locked, or too busy. A lost answer is none of these codes. */
function didNothing(result: RecordResult | undefined): boolean {
  const { code } = result?.error ?? {};
  return code === "VENDOR_UNAVAILABLE" || code === "RATE_LIMITED";
}

function isSendable(row: Row): row is SendableRow {
  return row.text !== undefined;
}

function idOf({ id }: Row): { readonly id?: string } {
  return id === undefined ? {} : { id };
}

/** @throws {ValidationError} before anything is sent, when they do not fit into one request, or one cannot be sent. */
async function* onlyPart(parts: AsyncIterable<readonly Row[]>): AsyncGenerator<readonly Row[], void> {
  let only: readonly Row[] | undefined;
  for await (const part of parts) {
    if (only) {
      throw new ValidationError(
        "allOrNone holds within one request of Salesforce's: 200 records, and 10 runs of records of one object. Write fewer, or without it.",
        [{ path: "allOrNone", message: "must be false for more than one request" }],
      );
    }
    only = part;
  }
  const invalid = only?.find(({ error }) => error)?.error;
  if (invalid) throw invalid;
  if (only) yield only;
}
