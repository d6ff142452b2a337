import type { Clock, EventBus, TransportObserver } from "@isthmus/core";
import { Gauge, Registry } from "prom-client";
import { observeConnectors } from "./connector-metrics.js";
import { type CountDeliveries, DeliveryMetrics } from "./delivery-metrics.js";
import { HttpMetrics } from "./http-metrics.js";
import { LimitMetrics } from "./limit-metrics.js";
import { type ReadPools, showPools } from "./pool-metrics.js";
import { VendorMetrics } from "./vendor-metrics.js";

/**
 * What the process counts of itself, for Prometheus. Labels are names of types, routes, operations and limits, codes, and ids of
 * tenants and connectors; never an address or anything of a record.
 */
export class Metrics {
  /** The service's own requests. */
  readonly http: HttpMetrics;
  /** Events that are told to webhooks and sinks. */
  readonly deliveries: DeliveryMetrics;
  readonly #registry = new Registry();
  readonly #vendor: VendorMetrics;
  readonly #limits: LimitMetrics;

  constructor(events: EventBus, clock: Clock) {
    this.http = new HttpMetrics(this.#registry);
    this.deliveries = new DeliveryMetrics(this.#registry, clock);
    this.#vendor = new VendorMetrics(this.#registry);
    this.#limits = new LimitMetrics(this.#registry, clock);
    observeConnectors(this.#registry, events, this.#limits);
  }

  /** Shows nothing of a tenant any more, because it was deleted. */
  forgetTenant(tenantId: string): void {
    this.#limits.forgetTenant(tenantId);
  }

  /** What watches the requests of connectors of a type. */
  vendorObserver(type: string): TransportObserver {
    return this.#vendor.observer(type);
  }

  /** Shows how many connectors are open, by asking when it is looked at. */
  showOpenConnectors(count: () => number): void {
    new Gauge({
      name: "isthmus_connectors_open",
      help: "Connectors kept open by this process, with their connections.",
      registers: [this.#registry],
      collect() {
        this.set(count());
      },
    });
  }

  /** Shows what the pools of open connectors are doing, by asking when it is looked at. */
  showPools(read: ReadPools): void {
    showPools(this.#registry, read);
  }

  /** Shows how many deliveries wait, by asking when it is looked at. */
  showDeliveries(read: CountDeliveries): void {
    this.deliveries.showWaiting(this.#registry, read);
  }

  /** Media type of {@link render}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything in Prometheus' text format. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
