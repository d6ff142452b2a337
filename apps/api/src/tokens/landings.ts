import { type Database, DatabaseUnavailableError } from "../database/index.js";
import type { Landing } from "../repositories/index.js";

/** One is made up while the other waits for the disk. */
const mostStatements = 2;
const mostTogether = 64;

interface Waiting {
  readonly landing: Landing;
  resolve(version: number | undefined): void;
  reject(error: unknown): void;
}

/**
 * Lands the renewed token sets of many connectors: those that come while the database is at others go together with the next
 * ones, in one statement that is one commit. None is answered before its commit is durable, and one that comes alone waits for
 * nothing. What a statement leaves out, because it is no plain renewal or somebody has locked its row, lands by itself.
 */
export class Landings {
  readonly #database: Pick<Database, "asSystem">;
  #waiting: Waiting[] = [];
  #statements = 0;

  constructor(database: Pick<Database, "asSystem">) {
    this.#database = database;
  }

  /**
   * Lands one set that a refresh brought. Not for work whose writes are watched: it may go in the name of somebody else.
   *
   * @returns and throws as `SystemTokenRepository.land` does.
   */
  land(landing: Landing): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ landing, resolve, reject });
      if (this.#statements < mostStatements) void this.#work();
    });
  }

  /** Never throws: whoever waits is told. */
  async #work(): Promise<void> {
    this.#statements += 1;
    while (this.#waiting.length > 0) {
      const together = this.#waiting.slice(0, mostTogether);
      this.#waiting = this.#waiting.slice(mostTogether);
      await this.#landTogether(together);
    }
    this.#statements -= 1;
  }

  async #landTogether(together: readonly Waiting[]): Promise<void> {
    try {
      const landings = together.map(({ landing }) => landing);
      const versions = await this.#database.asSystem(({ tokens }) => tokens.landPlain(landings));
      for (const waiting of together) {
        const version = versions.get(waiting.landing.attemptId);
        if (version !== undefined) waiting.resolve(version);
        // Not waited for: it may take as long as somebody holds its row.
        else void this.#landAlone(waiting);
      }
    } catch (error) {
      for (const waiting of together) {
        if (error instanceof DatabaseUnavailableError) waiting.reject(error);
        // Of one that the database refuses the others know nothing: each is told its own.
        else void this.#landAlone(waiting);
      }
    }
  }

  /** Never throws. */
  async #landAlone({ landing, resolve, reject }: Waiting): Promise<void> {
    const { attemptId, landed } = landing;
    await this.#database.asSystem(({ tokens }) => tokens.land(landing, attemptId, landed)).then(resolve, reject);
  }
}
