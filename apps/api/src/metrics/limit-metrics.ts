import type { Clock, ConnectionIdentity } from "@isthmus/core";
import { Gauge, type Registry } from "prom-client";

type Labels = Record<"type" | "tenant" | "connector" | "limit", string>;

const labelNames = ["type", "tenant", "connector", "limit"] as const;

/** Connectors that limits are shown of at most: each is a series of its own. The one that told longest ago goes first. */
const mostConnectors = 10_000;

/**
 * What was told longer ago says nothing of a limit any more, in milliseconds: the vendors' days have gone round. Another process
 * may have deleted the connector, too.
 */
const validMs = 24 * 3_600_000;

interface Shown {
  readonly atMs: number;
  readonly limits: Map<string, Labels>;
}

/** What is used of limits that vendors set, by connector. */
export class LimitMetrics {
  readonly #used: Gauge<keyof Labels>;
  readonly #max: Gauge<keyof Labels>;
  readonly #clock: Clock;
  /** The one that told longest ago first. */
  readonly #shown = new Map<string, Shown>();

  constructor(registry: Registry, clock: Clock) {
    this.#clock = clock;
    const parts = { labelNames, registers: [registry] };
    this.#used = new Gauge({
      ...parts,
      collect: () => this.#forgetOld(),
      name: "isthmus_limit_used",
      help: "What is used of a limit of the vendor's, as it said last.",
    });
    this.#max = new Gauge({ ...parts, name: "isthmus_limit_max", help: "How much that limit allows." });
  }

  set({ type, tenantId = "", connectorId = "" }: ConnectionIdentity, limit: string, usage: Usage): void {
    const labels = { type, tenant: tenantId, connector: connectorId, limit };
    this.#used.set(labels, usage.used);
    this.#max.set(labels, usage.max);
    const limits = this.#shown.get(connectorId)?.limits ?? new Map<string, Labels>();
    this.#shown.delete(connectorId);
    this.#shown.set(connectorId, { atMs: this.#clock.now(), limits: limits.set(limit, labels) });
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > mostConnectors && oldest !== undefined) this.#remove(oldest);
  }

  /** Of a connector that is deleted. */
  forget({ connectorId = "" }: ConnectionIdentity): void {
    this.#remove(connectorId);
  }

  /** Of a tenant that is deleted. */
  forgetTenant(tenantId: string): void {
    for (const [connectorId, { limits }] of this.#shown) {
      const [first] = limits.values();
      if (first?.tenant === tenantId) this.#remove(connectorId);
    }
  }

  #forgetOld(): void {
    const oldestMs = this.#clock.now() - validMs;
    for (const [connectorId, { atMs }] of this.#shown) {
      if (atMs >= oldestMs) return;
      this.#remove(connectorId);
    }
  }

  #remove(connectorId: string): void {
    for (const labels of this.#shown.get(connectorId)?.limits.values() ?? []) {
      this.#used.remove(labels);
      this.#max.remove(labels);
    }
    this.#shown.delete(connectorId);
  }
}

interface Usage {
  readonly used: number;
  readonly max: number;
}
