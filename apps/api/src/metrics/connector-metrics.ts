import type { EventBus } from "@isthmus/core";
import { Counter, Histogram, type Registry } from "prom-client";
import { durationBuckets } from "./durations.js";
import type { LimitMetrics } from "./limit-metrics.js";

/** Operations that are counted by name. */
const mostOperations = 500;

/** Counts what connectors tell of themselves by lifecycle events. */
export function observeConnectors(registry: Registry, events: EventBus, limits: LimitMetrics): void {
  const registers = [registry];
  const operations = new Histogram({
    name: "isthmus_operation_duration_seconds",
    help: "Operations of connectors that ended, by what came of them: ok, or an error code.",
    labelNames: ["type", "operation", "outcome"],
    buckets: durationBuckets,
    registers,
  });
  const renewals = new Counter({
    name: "isthmus_token_renewals_total",
    help: "Renewals of access tokens, by what came of them: ok, or an error code.",
    labelNames: ["type", "outcome"],
    registers,
  });
  const reconnects = new Counter({
    name: "isthmus_reconnects_required_total",
    help: "Connections that only a person can mend.",
    labelNames: ["type", "code"],
    registers,
  });
  const purges = new Counter({
    name: "isthmus_connectors_purged_total",
    help: "Deleted connectors that are gone for good; of grant alive, the vendor never confirmed that the grant is gone.",
    labelNames: ["type", "grant"],
    registers,
  });
  const named = new Set<string>();
  // A connector by configuration has operations of its owner's naming: each name would be series of its own.
  const nameOf = (type: string, operation: string) => {
    const key = JSON.stringify([type, operation]);
    if (named.size < mostOperations) named.add(key);
    return named.has(key) ? operation : "(other)";
  };

  events.on("operation.completed", ({ connection: { type }, operation, durationMs, code }) => {
    operations.observe({ type, operation: nameOf(type, operation), outcome: code ?? "ok" }, durationMs / 1000);
  });
  events.on("token.refreshed", ({ connection: { type } }) => renewals.inc({ type, outcome: "ok" }));
  events.on("token.refresh_failed", ({ connection: { type }, code }) => renewals.inc({ type, outcome: code }));
  events.on("connector.reconnect_required", ({ connection: { type }, code }) => reconnects.inc({ type, code }));
  events.on("limit.observed", ({ connection, limit, used, max }) => limits.set(connection, limit, { used, max }));
  events.on("connector.purged", ({ connection: { type }, isGrantAlive }) =>
    purges.inc({ type, grant: isGrantAlive ? "alive" : "gone" }),
  );
  events.on("connector.deleted", ({ connection }) => limits.forget(connection));
}
