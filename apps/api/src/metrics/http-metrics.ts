import { Histogram, type Registry } from "prom-client";
import { durationBuckets } from "./durations.js";

/** Requests that the service answers. */
export class HttpMetrics {
  readonly #durations: Histogram<"method" | "route" | "status">;

  constructor(registry: Registry) {
    this.#durations = new Histogram({
      name: "isthmus_http_request_duration_seconds",
      help: "Requests that the service answered, by route pattern and status.",
      labelNames: ["method", "route", "status"],
      buckets: durationBuckets,
      registers: [registry],
    });
  }

  /**
   * Notes an answered request.
   *
   * @param route - The pattern, such as `/v1/connectors/:id`: addresses would make a series of each.
   */
  answered(request: { readonly method: string; readonly route: string; readonly status: number; readonly ms: number }) {
    const { method, route, status, ms } = request;
    this.#durations.observe({ method, route, status: String(status) }, ms / 1000);
  }
}
