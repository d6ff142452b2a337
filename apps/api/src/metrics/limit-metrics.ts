import type { ConnectionIdentity } from "@isthmus/core";
import { Gauge, type Registry } from "prom-client";

type Labels = Record<"type" | "tenant" | "connector" | "limit", string>;

const labelNames = ["type", "tenant", "connector", "limit"] as const;

/** Connectors that limits are shown of at most: each is a series of its own. The one that told longest ago goes first. */
const mostConnectors = 10_000;

/** What is used of limits that vendors set, by connector. */
export class LimitMetrics {
  readonly #used: Gauge<keyof Labels>;
  readonly #max: Gauge<keyof Labels>;
  readonly #shown = new Map<string, Map<string, Labels>>();

  constructor(registry: Registry) {
    const parts = { labelNames, registers: [registry] };
    this.#used = new Gauge({
      ...parts,
      name: "isthmus_limit_used",
      help: "What is used of a limit of the vendor's, as it said last.",
    });
    this.#max = new Gauge({ ...parts, name: "isthmus_limit_max", help: "How much that limit allows." });
  }

  set({ type, tenantId = "", connectorId = "" }: ConnectionIdentity, limit: string, usage: Usage): void {
    const labels = { type, tenant: tenantId, connector: connectorId, limit };
    this.#used.set(labels, usage.used);
    this.#max.set(labels, usage.max);
    const limits = this.#shown.get(connectorId) ?? new Map<string, Labels>();
    this.#shown.delete(connectorId);
    this.#shown.set(connectorId, limits.set(limit, labels));
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > mostConnectors && oldest !== undefined) this.#remove(oldest);
  }

  /** Of a connector that is deleted. */
  forget({ connectorId = "" }: ConnectionIdentity): void {
    this.#remove(connectorId);
  }

  #remove(connectorId: string): void {
    for (const labels of this.#shown.get(connectorId)?.values() ?? []) {
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
