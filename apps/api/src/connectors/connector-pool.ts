import {
  type BaseConnector,
  isConnectorError,
  type Logger,
  type PoolStatus,
  type TokenStore,
  withBudgets,
} from "@isthmus/core";
import type { CallPriority } from "../budgets/priorities.js";
import type { ConnectorRow } from "../repositories/index.js";
import type { OpenedFor } from "./note-opening.js";
import { type OpenConnectorOptions, openConnector } from "./open-connector.js";

/** How many live connectors are kept, and how long. */
export interface ConnectorPoolLimits {
  /** The one that was used longest ago goes first. Those in use stay, even above it. Default 500. */
  readonly maximum: number;
  /** Milliseconds without use. Default 600 000. */
  readonly idleMs: number;
}

/** What a pool works with. */
export interface ConnectorPoolOptions extends OpenConnectorOptions {
  /** Called when credentials are opened to be kept, with whose request that is for. Default: nobody is told. */
  readonly noteOpening?: (row: ConnectorRow, by: OpenedFor | undefined) => Promise<void>;
}

interface Entry {
  readonly tenantId: string;
  readonly version: number;
  readonly connector: Promise<BaseConnector>;
  /** The same for work that is less urgent than a request, by how urgent. */
  readonly others: Map<CallPriority, BaseConnector>;
  users: number;
  usedAtMs: number;
  dropped: boolean;
}

/**
 * Live connectors, so that connections, tokens and limits of the vendor last longer than one request. An entry belongs to
 * one version of a connector: after a change the next use makes a new one, and the old one is closed once it is idle.
 */
export class ConnectorPool {
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();
  readonly #options: OpenConnectorOptions;
  readonly #noteOpening: NonNullable<ConnectorPoolOptions["noteOpening"]>;
  readonly #limits: ConnectorPoolLimits;
  readonly #logger: Logger;

  constructor(options: ConnectorPoolOptions, limits: Partial<ConnectorPoolLimits> = {}) {
    this.#options = options;
    this.#noteOpening = options.noteOpening ?? (async () => undefined);
    this.#limits = { maximum: limits.maximum ?? 500, idleMs: limits.idleMs ?? 600_000 };
    this.#logger = options.logger;
  }

  /** How many are kept now. */
  get size(): number {
    return this.#entries.size;
  }

  /** The pools of those that are kept, such as their connections, one after the other with the type of the connector. */
  async pools(): Promise<readonly (PoolStatus & { readonly type: string })[]> {
    const opened = await Promise.allSettled(Array.from(this.#entries.values(), ({ connector }) => connector));
    return opened.flatMap((each) =>
      each.status === "rejected" ? [] : each.value.pools.map((pool) => ({ ...pool, type: each.value.connection.type })),
    );
  }

  /**
   * Runs `work` with the live connector of `row`, which was read just now for its own tenant. The connector stays open
   * until `work` ends, also when it is dropped meanwhile.
   *
   * @param by - Whose request it is for, where it is for one: opening the credentials is audited.
   * @param priority - How urgent its calls are, where processes share what the vendor allows.
   * @throws What `openConnector` throws; a failure is not remembered.
   */
  async use<Result>(
    row: ConnectorRow,
    work: (connector: BaseConnector) => Promise<Result>,
    by?: OpenedFor,
    priority: CallPriority = "interactive",
  ): Promise<Result> {
    const entry = this.#find(row, by);
    entry.users += 1;
    try {
      return await workWith(this.#at(priority, entry, await entry.connector), work);
    } finally {
      entry.users -= 1;
      entry.usedAtMs = this.#options.clock.now();
      this.#closeIfDone(entry);
    }
  }

  /**
   * {@link use} for work that visits every connector in turn: where none is kept already, one is opened for this work alone
   * and closed after it, so that those which are in use are not pushed out. What such work does is audited as what it is.
   */
  async visit<Result>(row: ConnectorRow, work: (connector: BaseConnector) => Promise<Result>): Promise<Result> {
    if (this.#entries.get(row.id)?.version === row.version) return this.use(row, work);
    const connector = await openConnector(this.#options, row);
    try {
      return await workWith(connector, work);
    } finally {
      await this.#closeConnector(connector);
    }
  }

  /** {@link visit} with a connector of its own whose tokens are those of `tokenStore`, and which tells nobody of them. */
  async apart<Result>(
    row: ConnectorRow,
    tokenStore: TokenStore,
    work: (connector: BaseConnector) => Promise<Result>,
  ): Promise<Result> {
    const quiet = { ...this.#options, tokenStores: { of: () => tokenStore }, events: { emit: () => undefined } };
    const connector = await openConnector(quiet, row);
    try {
      return await workWith(connector, work);
    } finally {
      await this.#closeConnector(connector);
    }
  }

  /** Forgets a connector, because it changed or was deleted. */
  drop(connectorId: string): void {
    const entry = this.#entries.get(connectorId);
    if (entry) this.#drop(connectorId, entry);
  }

  /** Forgets the connectors of a tenant, because it was deleted. */
  dropTenant(tenantId: string): void {
    for (const [id, entry] of this.#entries) if (entry.tenantId === tenantId) this.#drop(id, entry);
  }

  /** Closes those that nobody has used for a while. */
  closeIdle(): void {
    const now = this.#options.clock.now();
    for (const [id, entry] of this.#entries) {
      if (entry.users === 0 && now - entry.usedAtMs >= this.#limits.idleMs) this.#drop(id, entry);
    }
  }

  /** Closes all of them, and waits for that. Those in use are closed when their work ends. */
  async close(): Promise<void> {
    for (const [id, entry] of this.#entries) this.#drop(id, entry);
    await Promise.all(this.#closing);
  }

  #find(row: ConnectorRow, by: OpenedFor | undefined): Entry {
    const found = this.#entries.get(row.id);
    if (found?.version === row.version) {
      // Behind all others: a Map keeps the order of insertion, so the first one was used longest ago.
      this.#entries.delete(row.id);
      this.#entries.set(row.id, found);
      return found;
    }
    this.closeIdle();
    if (found) this.#drop(row.id, found);
    const entry: Entry = {
      tenantId: row.tenantId,
      version: row.version,
      others: new Map(),
      connector: openConnector(this.#options, row, () => this.#noteOpening(row, by)),
      users: 0,
      usedAtMs: this.#options.clock.now(),
      dropped: false,
    };
    this.#entries.set(row.id, entry);
    entry.connector.catch(() => {
      if (this.#entries.get(row.id) === entry) this.#entries.delete(row.id);
    });
    this.#makeRoom(entry);
    return entry;
  }

  #at(priority: CallPriority, { others }: Entry, connector: BaseConnector): BaseConnector {
    const { budgets } = this.#options;
    if (priority === "interactive" || budgets === undefined) return connector;
    const known = others.get(priority) ?? withBudgets(connector, budgets.at(priority));
    others.set(priority, known);
    return known;
  }

  #makeRoom(newest: Entry): void {
    for (const [id, entry] of this.#entries) {
      if (this.#entries.size <= this.#limits.maximum) return;
      if (entry.users === 0 && entry !== newest) this.#drop(id, entry);
    }
  }

  #drop(connectorId: string, entry: Entry): void {
    this.#entries.delete(connectorId);
    entry.dropped = true;
    this.#closeIfDone(entry);
  }

  #closeIfDone(entry: Entry): void {
    if (!entry.dropped || entry.users > 0) return;
    const closing = this.#close(entry).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #close({ connector, others }: Entry): Promise<void> {
    const [opened] = await Promise.allSettled([connector]);
    if (opened.status === "rejected") return; // it never opened, and whoever asked for it was told
    for (const other of others.values()) await this.#closeConnector(other);
    await this.#closeConnector(opened.value);
  }

  async #closeConnector(connector: BaseConnector): Promise<void> {
    try {
      await connector.close();
    } catch (error) {
      this.#logger.warn({ err: error }, "A connector did not close cleanly");
    }
  }
}

/** Whatever fails in a connector, its words leave without the connector's secrets. */
async function workWith<Result>(
  connector: BaseConnector,
  work: (connector: BaseConnector) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(connector);
  } catch (error) {
    throw isConnectorError(error) ? connector.conceal(error) : error;
  }
}
