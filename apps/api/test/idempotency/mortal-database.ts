import { type Database, DatabaseUnavailableError } from "../../src/database/index.js";

/**
 * A database as a process sees it that ends in the middle: from one unit of work on nothing reaches it any more, or only the
 * commit of that one, whose answer does not come back.
 */
export class MortalDatabase implements Database {
  readonly #database: Database;
  readonly #counted: "tenants" | "system";
  #unitsLeft = Number.POSITIVE_INFINITY;
  #isLastCommitted = false;

  /** @param counted - Which units of work are counted: those of tenants, or those that are done without one. */
  constructor(database: Database, counted: "tenants" | "system" = "tenants") {
    this.#database = database;
    this.#counted = counted;
  }

  get kind(): Database["kind"] {
    return this.#database.kind;
  }

  /** Lets so many units of work pass from here on. */
  dieAt(units: number, isCommitted: boolean): void {
    this.#unitsLeft = units;
    this.#isLastCommitted = isCommitted;
  }

  /** As another process would find it. */
  revive(): void {
    this.#unitsLeft = Number.POSITIVE_INFINITY;
  }

  /** Whether it is dead. */
  get isDead(): boolean {
    return this.#unitsLeft < 0;
  }

  whenDue: Database["whenDue"] = (kind, wake) => this.#database.whenDue(kind, wake);

  asTenant: Database["asTenant"] = (tenantId, work) =>
    this.#live("tenants", () => this.#database.asTenant(tenantId, work));

  readAsTenant: Database["readAsTenant"] = (tenantId, work) =>
    this.#live("tenants", () => this.#database.readAsTenant(tenantId, work));

  openBatches: Database["openBatches"] = (...args) => {
    const lane = this.#database.openBatches(...args);
    return { store: (batch) => this.#live("tenants", () => lane.store(batch)) };
  };

  asSystem: Database["asSystem"] = (work) => this.#live("system", () => this.#database.asSystem(work));

  ping(): Promise<void> {
    return this.#database.ping();
  }

  /** The database is the test's. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #live<T>(kind: "tenants" | "system", unit: () => Promise<T>): Promise<T> {
    if (kind !== this.#counted) return unit();
    const left = this.#unitsLeft;
    this.#unitsLeft -= 1;
    if (left > 0) return unit();
    if (left === 0 && this.#isLastCommitted) await unit();
    throw new DatabaseUnavailableError("the process has ended");
  }
}
