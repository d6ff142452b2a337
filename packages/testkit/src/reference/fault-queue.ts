import type { RequestKind, StandInFault } from "../harness.js";

/** Faults that wait for their requests, and how many requests there were. */
export class FaultQueue {
  #faults: { readonly fault: StandInFault; left: number }[] = [];
  readonly #counts = new Map<RequestKind, number>();

  add(fault: StandInFault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** Counts a request, and takes the oldest fault that is meant for it. */
  take(kind: RequestKind): StandInFault | undefined {
    for (const counted of kind === "any" ? [kind] : [kind, "any" as const]) {
      this.#counts.set(counted, this.count(counted) + 1);
    }
    const waiting = this.#faults.find(({ fault }) => fault.on === "any" || fault.on === kind);
    if (!waiting) return undefined;
    waiting.left -= 1;
    if (waiting.left <= 0) this.#faults = this.#faults.filter((other) => other !== waiting);
    return waiting.fault;
  }

  count(kind: RequestKind): number {
    return this.#counts.get(kind) ?? 0;
  }
}
