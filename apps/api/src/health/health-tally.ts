import type { Clock, ConnectionIdentity, ConnectorErrorCode, EventBus, Logger } from "@isthmus/core";
import type { Database } from "../database/index.js";
import type { ConnectorTally } from "../repositories/index.js";

/** What it takes to count. */
export interface HealthTallyOptions {
  readonly database: Database;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Tally = { -readonly [Field in keyof ConnectorTally]: ConnectorTally[Field] };

const everyMs = 10_000;

/** The vendor works where it answers these: what was asked of it was wrong. */
const answered: ReadonlySet<string> = new Set<ConnectorErrorCode>([
  "VENDOR_REJECTED",
  "CONFLICT",
  "NOT_FOUND",
  "CURSOR_EXPIRED",
]);
/** These say nothing of the vendor: it was not asked, or nobody waited for its answer. */
const silent: ReadonlySet<string> = new Set<ConnectorErrorCode>(["VALIDATION_FAILED", "UNSUPPORTED", "CANCELLED"]);

/**
 * Counts how the calls of connectors went in this process, and adds that to what the others have counted. What was not added
 * when the process was killed is lost: some seconds of counts.
 */
export class HealthTally {
  readonly #options: HealthTallyOptions;
  #tallies = new Map<string, Tally>();

  constructor(options: HealthTallyOptions) {
    this.#options = options;
    const { events, clock } = options;
    events.on("operation.completed", ({ connection, code }) => this.#note(connection, code));
    events.on("sync.ended", ({ connection, code }) => this.#note(connection, code));
    events.on("limit.observed", ({ connection, limit, used, max }) => {
      const tally = this.#of(connection);
      if (tally) tally.limits = { ...tally.limits, [limit]: { used, max, at: new Date(clock.now()).toISOString() } };
    });
  }

  /** Adds what was counted every ten seconds, and once more when `signal` ends it. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(everyMs, signal).catch((reason: unknown) => reason);
      await this.flush();
    }
  }

  /** Adds what was counted. Never throws: what the database does not take is left out, and logged. */
  async flush(): Promise<void> {
    const tallies = [...this.#tallies.values()];
    if (tallies.length === 0) return;
    this.#tallies = new Map();
    try {
      await this.#options.database.asSystem(({ health }) => health.add(tallies));
    } catch (error) {
      this.#options.logger.warn({ connectors: tallies.length, err: error }, "How calls went could not be stored");
    }
  }

  #note(connection: ConnectionIdentity, code: string | undefined): void {
    const tally = code !== undefined && silent.has(code) ? undefined : this.#of(connection);
    if (tally === undefined) return;
    if (code === undefined || answered.has(code)) tally.succeeded += 1;
    else {
      tally.failed += 1;
      tally.failureCode = code;
    }
  }

  #of({ tenantId, connectorId }: ConnectionIdentity): Tally | undefined {
    if (tenantId === undefined || connectorId === undefined) return undefined;
    const tally = this.#tallies.get(connectorId) ?? {
      tenantId,
      connectorId,
      succeeded: 0,
      failed: 0,
      failureCode: null,
      limits: {},
    };
    this.#tallies.set(connectorId, tally);
    return tally;
  }
}
