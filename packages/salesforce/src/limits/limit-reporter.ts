import type { Clock, ConnectionIdentity, EventEmitter } from "@isthmus/core";
import type { LimitInfo, LimitUsage } from "./limit-info.js";

const dayMs = 24 * 3_600_000;
const quietMs = 60_000;

/** Tells listeners what is used of a limit: when that has changed by a hundredth of it, and once a minute. */
export class LimitReporter {
  readonly #clock: Clock;
  readonly #events: EventEmitter;
  readonly #connection: ConnectionIdentity;
  readonly #reported = new Map<string, LimitUsage & { readonly atMs: number }>();

  constructor(parts: {
    readonly clock: Clock;
    readonly events: EventEmitter;
    readonly connection: ConnectionIdentity;
  }) {
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.#connection = parts.connection;
  }

  /** Under Salesforce's names of the limits. */
  report({ organization, app }: LimitInfo): void {
    if (organization) this.#reportOne("api-usage", organization);
    if (app) this.#reportOne("per-app-api-usage", app);
  }

  #reportOne(limit: string, { used, max }: LimitUsage): void {
    const nowMs = this.#clock.now();
    const last = this.#reported.get(limit);
    const isNews = last?.max !== max || Math.abs(used - last.used) >= max / 100 || nowMs - last.atMs >= quietMs;
    if (!isNews) return;
    this.#reported.set(limit, { used, max, atMs: nowMs });
    this.#events.emit("limit.observed", { connection: this.#connection, limit, used, max, windowMs: dayMs });
  }
}
