import type { Clock, Logger } from "@isthmus/core";
import pg from "pg";
import { keepLooking } from "../keep-looking.js";
import { type WorkKind, workKinds } from "../repositories/index.js";
import { streamOf } from "./connection-stream.js";
import type { WorkChannel } from "./work-channel.js";

/** What a channel is made with. */
export interface ServerChannelOptions {
  readonly url: string;
  /** Milliseconds for its connection to stand. */
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Between questions that show whether the connection still stands: a server that vanished without a word says nothing. */
const beatMs = 30_000;
const answerMs = 10_000;
/** After a connection was lost, in milliseconds, before the next one. */
const restMs = 1_000;
const name = "isthmus_work";

// What it tells may be lost, so nobody has to wait for a disk: NOTIFY is alone in a database while it commits.
const setUp = "set synchronous_commit = off; set role isthmus_system";

/**
 * LISTEN and NOTIFY of PostgreSQL, over one connection that is opened when it is needed first and again when it is lost. Names
 * of kinds of work are all that goes over it.
 *
 * @see https://www.postgresql.org/docs/current/sql-notify.html
 */
export class ServerChannel implements WorkChannel {
  readonly #options: ServerChannelOptions;
  readonly #closing = new AbortController();
  readonly #untold = new Set<WorkKind>();
  #hear: ((kind: WorkKind) => void) | undefined;
  #client: pg.Client | undefined;
  #running: Promise<void> | undefined;
  #telling: Promise<void> | undefined;

  constructor(options: ServerChannelOptions) {
    this.#options = options;
  }

  tell(kind: WorkKind): void {
    this.#untold.add(kind);
    this.#run();
    if (this.#client) this.#telling = this.#tellAll(this.#client);
  }

  listen(hear: (kind: WorkKind) => void): void {
    const before = this.#hear;
    this.#hear = (kind) => {
      before?.(kind);
      hear(kind);
    };
    this.#run();
    // Where it fails, the connection is lost, and the next one listens from its beginning.
    if (before === undefined) this.#client?.query(`listen ${name}`).catch((reason: unknown) => reason);
  }

  /** What was told just now arrives. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  #run(): void {
    const failed = "The database cannot be listened to for other processes' work; it is found by looking until then";
    this.#running ??= keepLooking(this.#options, { look: () => this.#connect(), failed }, this.#closing.signal);
  }

  /** Stays until the connection is lost or closed. @returns how long to rest then. @throws when it does not come to stand. */
  async #connect(): Promise<number> {
    const { url, connectTimeoutMs, clock, logger } = this.#options;
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: answerMs,
      keepAlive: true,
      application_name: "isthmus-work",
    });
    const lost = new AbortController();
    client.on("error", () => lost.abort());
    client.on("end", () => lost.abort());
    const over = AbortSignal.any([lost.signal, this.#closing.signal]);
    try {
      await client.connect();
      await this.#begin(client);
      while (!over.aborted) {
        await clock.sleep(beatMs, over).catch((reason: unknown) => reason);
        if (!over.aborted) await client.query("select 1").catch(() => lost.abort());
      }
    } finally {
      this.#client = undefined;
      await this.#end(client, lost.signal);
    }
    if (this.#closing.signal.aborted) return 0;
    logger.warn({}, "The connection that tells of other processes' work was lost; it is opened again");
    return restMs;
  }

  async #begin(client: pg.Client): Promise<void> {
    await client.query(setUp);
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    client.on("notification", ({ payload, processId }) => {
      const kind = workKinds.find((each) => each === payload);
      // This process has woken its own workers already.
      if (kind !== undefined && processId !== rows[0]?.pid) this.#hear?.(kind);
    });
    this.#client = client;
    if (this.#hear) await client.query(`listen ${name}`);
    // What was told while it did not stand was not heard.
    for (const kind of workKinds) this.#hear?.(kind);
    await this.#tellAll(client);
  }

  /** Never throws: what could not be told is found by looking. */
  async #tellAll(client: pg.Client): Promise<void> {
    const kinds = [...this.#untold];
    if (kinds.length === 0) return;
    this.#untold.clear();
    const statement = "select pg_notify($1, kind) from unnest($2::text[]) as told (kind)";
    await client.query(statement, [name, kinds]).catch((reason: unknown) => reason);
  }

  async #end(client: pg.Client, lost: AbortSignal): Promise<void> {
    // A connection that does not answer would not end either.
    if (lost.aborted) streamOf(client)?.destroy();
    else await this.#telling;
    await client.end().catch((reason: unknown) => reason);
  }
}
