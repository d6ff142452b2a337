import type { PoolStatus } from "@isthmus/core";
import { Gauge, type Registry } from "prom-client";

/** The pools of all open connectors, each with the connector's type. */
export type ReadPools = () => Promise<readonly (PoolStatus & { readonly type: string })[]>;

const states = ["open", "busy", "waiting"] as const;

const labelNames = ["type", "pool", "state"] as const;

/** Shows what the pools of connectors are doing, those of a type together. */
export function showPools(registry: Registry, read: ReadPools): void {
  new Gauge({
    name: "isthmus_pool",
    help: "Connections, sessions and the like of open connectors: open, of those busy, and callers waiting for one.",
    labelNames,
    registers: [registry],
    async collect() {
      // A type whose connectors are all closed has none left.
      this.reset();
      for (const { type, name: pool, ...counts } of await read()) {
        for (const state of states) this.inc({ type, pool, state }, counts[state]);
      }
    },
  });
}
