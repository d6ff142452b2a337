import { type Database, DatabaseUnavailableError } from "../../src/database/index.js";

/**
 * A database as a process sees it that ends in the middle: from one unit of work on nothing reaches it any more, or only the
 * commit of that one, whose answer does not come back.
 */
export class MortalDatabase implements Database {
  readonly #database: Database;
  #unitsLeft = Number.POSITIVE_INFINITY;
  #isLastCommitted = false;

  constructor(database: Database) {
    this.#database = database;
  }

  get kind(): Database["kind"] {
    return this.#database.kind;
  }

  /** Lets so many units of work of tenants pass from here on. */
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

  asTenant: Database["asTenant"] = (tenantId, work) => this.#live(() => this.#database.asTenant(tenantId, work));

  readAsTenant: Database["readAsTenant"] = (tenantId, work) =>
    this.#live(() => this.#database.readAsTenant(tenantId, work));

  asSystem: Database["asSystem"] = (work) => this.#database.asSystem(work);

  ping(): Promise<void> {
    return this.#database.ping();
  }

  /** The database is the test's. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  async #live<T>(unit: () => Promise<T>): Promise<T> {
    const left = this.#unitsLeft;
    this.#unitsLeft -= 1;
    if (left > 0) return unit();
    if (left === 0 && this.#isLastCommitted) await unit();
    throw new DatabaseUnavailableError("the process has ended");
  }
}
