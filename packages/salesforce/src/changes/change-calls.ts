import { type EntityBatch, type EntityCursor, ValidationError } from "@isthmus/core";
import type { SalesforceApi } from "../api.js";
import type { DescribeResult } from "../metadata.js";
import { assertFieldName, assertSobjectName } from "../names.js";
import { soql, soqlIdentifier } from "../soql.js";
import { subscribeToEntity } from "../streaming/entity-events.js";
import type { Streaming } from "../streaming/streaming.js";
import { writeCursor } from "./change-cursor.js";
import { followObject } from "./followed-object.js";
import { KnownVersions } from "./known-versions.js";
import { readChanges } from "./read-changes.js";
import { type QueryPageCall, SalesforceFeed } from "./salesforce-feed.js";

/** How changes are read. */
export interface ReadChangesOptions {
  /** Ends the read when aborted. */
  readonly signal?: AbortSignal;
  /** Names of the fields to read. Default: every one but compound fields and files. */
  readonly fields?: readonly string[];
  /** Records a batch, 200 to 2,000. Default: Salesforce's, 2,000. A wish: wide records come in smaller batches. */
  readonly batchSize?: number;
  /**
   * Milliseconds that a transaction may take until others see its records: 120 000 to 86 400 000. Default 660 000: Salesforce
   * ends one that takes ten minutes.
   */
  readonly lookbackMs?: number;
}

/** What the calls are made of. */
export interface ChangeParts {
  readonly api: SalesforceApi;
  readonly streaming: Streaming;
  readonly queryPage: QueryPageCall;
  describe(sobject: string, options: { readonly signal: AbortSignal }): Promise<DescribeResult>;
}

/** Shorter than the deletions' whole minutes need, or as long as a day's tie of records: neither is a lookback. */
const lookbackRange = { least: 120_000, most: 86_400_000, usual: 660_000 };

/** The records of an object, and afterwards what was changed and deleted. */
export class ChangeCalls {
  readonly #parts: ChangeParts;

  constructor(parts: ChangeParts) {
    this.#parts = parts;
  }

  /**
   * Reads everything without a cursor, and what was changed or deleted since with one. Ends when it has read up to the moment
   * at which it began; every batch's cursor says where to go on, at once or another day.
   *
   * A change is given at least once: see `readChanges`.
   *
   * @throws {ConnectorError} `CURSOR_EXPIRED` when the cursor is more than 15 days old or the log of deletions was purged;
   *   `UNSUPPORTED` for an object without a time of change; `NOT_FOUND` when there is no such object.
   * @throws {ValidationError} for a cursor of another object or version.
   */
  async *read(
    sobject: string,
    cursor?: EntityCursor,
    options: ReadChangesOptions = {},
  ): AsyncGenerator<EntityBatch, void> {
    const { batchSize, lookbackMs = lookbackRange.usual, signal = this.#parts.api.signal } = options;
    assertLookback(lookbackMs);
    const feed = await this.#feed(sobject, { ...options, batchSize, signal });
    yield* readChanges(feed, { entity: sobject, lookbackMs }, cursor, signal);
  }

  /**
   * A cursor with which {@link read} gives the records that were changed since a time and live, and goes on from there.
   *
   * @param sinceMs - Epoch milliseconds, by Salesforce's clock.
   * @throws {ConnectorError} `UNSUPPORTED` for an object without a time of change; `NOT_FOUND` when there is no such object.
   */
  async startAt(
    sobject: string,
    sinceMs: number,
    { signal = this.#parts.api.signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<EntityCursor> {
    const feed = await this.#feed(sobject, { signal });
    const untilMs = await feed.now(signal);
    // As if a first read had come this far: no id is before this one.
    const rowsAfter = { stampMs: Math.max(0, Math.min(sinceMs, untilMs)), id: "0".repeat(15) };
    const known = new KnownVersions();
    return writeCursor(sobject, { known, round: { untilMs, rowsAfter, known } });
  }

  /** How many records {@link read} gives without a cursor, or with one of {@link startAt} of the same time. */
  async count(
    sobject: string,
    sinceMs?: number,
    { signal = this.#parts.api.signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<number> {
    const { describe, queryPage } = this.#parts;
    assertSobjectName(sobject);
    const { name, stampField } = followObject(await describe(sobject, { signal }));
    const where = sinceMs === undefined ? "" : soql` WHERE ${soqlIdentifier(stampField)} >= ${new Date(sinceMs)}`;
    const page = await queryPage({ soql: `${soql`SELECT COUNT() FROM ${soqlIdentifier(name)}`}${where}` }, { signal });
    return page.totalSize;
  }

  /**
   * Whole records as Change Data Capture tells of their changes, for as long as it is read: see `subscribeToEntity`. Begins
   * with what is changed from then on, or behind a cursor of its own (not one of {@link read}). To have everything: begin to
   * subscribe, {@link read} once the first batch is there, and go on with the events.
   *
   * @throws {ConnectorError} `CURSOR_EXPIRED` when events were lost: {@link read} from its own cursor, and subscribe anew.
   */
  async *subscribe(
    sobject: string,
    cursor?: EntityCursor,
    options: Pick<ReadChangesOptions, "signal" | "fields"> = {},
  ): AsyncGenerator<EntityBatch, void> {
    const { streaming, api } = this.#parts;
    const { signal = api.signal } = options;
    const feed = await this.#feed(sobject, { ...options, signal });
    const records = (ids: readonly string[]) => feed.records(ids, signal);
    yield* subscribeToEntity({ streaming, records }, sobject, cursor, signal);
  }

  async #feed(
    sobject: string,
    { fields, batchSize, signal }: { fields?: readonly string[]; batchSize?: number | undefined; signal: AbortSignal },
  ): Promise<SalesforceFeed> {
    assertSobjectName(sobject);
    fields?.forEach(assertFieldName);
    const { api, queryPage, describe } = this.#parts;
    const followed = followObject(await describe(sobject, { signal }), fields);
    return new SalesforceFeed({ api, queryPage, followed, batchSize });
  }
}

function assertLookback(lookbackMs: number): void {
  const { least, most } = lookbackRange;
  if (Number.isInteger(lookbackMs) && lookbackMs >= least && lookbackMs <= most) return;
  throw new ValidationError("The lookback is two minutes to a day.", [
    { path: "lookbackMs", message: `must be a whole number from ${least} to ${most}` },
  ]);
}
