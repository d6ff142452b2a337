import type { Server } from "node:http";
import type { Clock } from "../../shared/clock.js";

/** The API requests that are not answered yet, also those that a fault keeps waiting. */
export class OpenRequests {
  readonly #clock: Clock;
  readonly #startedAt = new Set<{ at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches a server's requests from their arrival to their end. */
  watch(server: Server): void {
    server.on("request", (request, response) => {
      if (!request.url?.startsWith("/services/")) return;
      const entry = { at: this.#clock() };
      this.#startedAt.add(entry);
      response.on("close", () => this.#startedAt.delete(entry));
    });
  }

  /** How many have been open for so many milliseconds, or longer. */
  countOlderThan(milliseconds: number): number {
    const latest = this.#clock() - milliseconds;
    return [...this.#startedAt].filter(({ at }) => at <= latest).length;
  }
}
