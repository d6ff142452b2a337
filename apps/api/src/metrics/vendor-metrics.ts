import type { TransportObserver } from "@isthmus/core";
import { Gauge, Histogram, type Registry } from "prom-client";
import { durationBuckets } from "./durations.js";

/** Requests that connectors send to their vendors, each try by itself. */
export class VendorMetrics {
  readonly #atWork: Gauge<"type">;
  readonly #durations: Histogram<"type" | "method" | "outcome" | "try">;
  readonly #observers = new Map<string, TransportObserver>();

  constructor(registry: Registry) {
    this.#atWork = new Gauge({
      name: "isthmus_vendor_requests_at_work",
      help: "Tries that wait for the vendor's answer or read it, each on a connection of its own.",
      labelNames: ["type"],
      registers: [registry],
    });
    this.#durations = new Histogram({
      name: "isthmus_vendor_request_duration_seconds",
      help: "Tries to reach a vendor, by status class or, without an answer, by what went wrong.",
      labelNames: ["type", "method", "outcome", "try"],
      buckets: durationBuckets,
      registers: [registry],
    });
  }

  /** One for all connectors of a type. */
  observer(type: string): TransportObserver {
    const known = this.#observers.get(type);
    if (known) return known;
    const observer: TransportObserver = {
      attemptStarted: () => this.#atWork.inc({ type }),
      attemptEnded: ({ method, status, errorCode, attempt, durationMs }) => {
        this.#atWork.dec({ type });
        const outcome = errorCode ?? (status === undefined ? "unknown" : `${Math.floor(status / 100)}xx`);
        const labels = { type, method, outcome, try: attempt === 1 ? "first" : "repeated" };
        this.#durations.observe(labels, durationMs / 1000);
      },
    };
    this.#observers.set(type, observer);
    return observer;
  }
}
