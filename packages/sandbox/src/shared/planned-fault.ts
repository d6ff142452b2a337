import type { FaultRule } from "./faults.js";

/** A fault as a contract suite plans it, whatever the vendor. */
export type PlannedFault = { readonly times?: number } & (
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "cut_before" | "cut_after" | "cut_body" }
);

/**
 * A planned fault as a rule of a sandbox.
 *
 * @param match - The requests that it spoils.
 * @param bodies - What the vendor sends with a status. Default: a page, as a gateway does.
 */
export function toFaultRule(
  match: Pick<FaultRule, "path" | "method">,
  fault: PlannedFault,
  bodies: Readonly<Record<number, unknown>>,
): FaultRule {
  const common = { ...match, ...(fault.times !== undefined && { times: fault.times }) };
  switch (fault.kind) {
    case "status": {
      const body = bodies[fault.status] ?? `<html>HTTP ${fault.status}</html>`;
      return { ...common, status: fault.status, body, ...(fault.headers && { headers: { ...fault.headers } }) };
    }
    case "delay":
      return { ...common, delayMs: fault.delayMs };
    case "cut_before":
      return { ...common, cutBefore: true };
    case "cut_after":
      return { ...common, cutAfter: true };
    case "cut_body":
      return { ...common, cutBody: true };
  }
}
