import type { Clock } from "@isthmus/core";
import { Counter, Gauge, type Registry } from "prom-client";

/** Whom events are delivered to. */
export type DeliveryKind = "webhook" | "sink";

/** How much waits in the database for all of one kind. */
export interface WaitingDeliveries {
  readonly pending: number;
  /** When the first of them happened; null = nothing waits. */
  readonly oldestAt: Date | null;
  readonly dead: number;
}

/** Asks the database. */
export type CountDeliveries = () => Promise<Readonly<Record<DeliveryKind, WaitingDeliveries>>>;

/** How long a count is shown, in milliseconds: counting a million rows takes the database a part of a second. */
const shownForMs = 10_000;

/** What became of deliveries in this process, and how many wait in all. By kind only: tenants and webhooks may be many. */
export class DeliveryMetrics {
  readonly #ended: Counter<"kind" | "outcome">;
  readonly #clock: Clock;
  #shown: { readonly atMs: number; readonly counts: ReturnType<CountDeliveries> } | undefined;

  constructor(registry: Registry, clock: Clock) {
    this.#clock = clock;
    this.#ended = new Counter({
      name: "isthmus_deliveries_total",
      help: "Events told by this process: delivered, failed (each try), blocked (of those: a sink lacks a place for the tenant) or dead (given up).",
      labelNames: ["kind", "outcome"],
      registers: [registry],
    });
  }

  /** Notes what became of so many. */
  count(kind: DeliveryKind, outcome: "delivered" | "failed" | "blocked" | "dead", count: number): void {
    if (count > 0) this.#ended.inc({ kind, outcome }, count);
  }

  /** Shows what waits, by asking when it is looked at. While the database is away there are no such series. */
  showWaiting(registry: Registry, read: CountDeliveries): void {
    const show = (name: string, help: string, toValue: (waiting: WaitingDeliveries) => number) => {
      const current = () => this.#current(read);
      new Gauge({
        ...{ name, help, labelNames: ["kind"], registers: [registry] },
        async collect() {
          this.reset();
          const counts = await current();
          for (const kind of ["webhook", "sink"] as const) if (counts) this.set({ kind }, toValue(counts[kind]));
        },
      });
    };
    show("isthmus_deliveries_pending", "Events that wait to be told, or are told just now.", ({ pending }) => pending);
    show("isthmus_deliveries_dead", "Events that were given up and can be replayed.", ({ dead }) => dead);
    show(
      "isthmus_deliveries_oldest_pending_seconds",
      "How long ago the first of the pending happened.",
      ({ oldestAt }) => (oldestAt === null ? 0 : Math.max(0, this.#clock.now() - oldestAt.getTime()) / 1000),
    );
  }

  async #current(read: CountDeliveries): Promise<Awaited<ReturnType<CountDeliveries>> | undefined> {
    const now = this.#clock.now();
    if (this.#shown === undefined || now >= this.#shown.atMs + shownForMs) {
      this.#shown = { atMs: now, counts: read() };
    }
    const asked = this.#shown;
    try {
      return await asked.counts;
    } catch {
      // Readiness says so: the rest of the metrics is still true.
      if (this.#shown === asked) this.#shown = undefined;
      return undefined;
    }
  }
}
