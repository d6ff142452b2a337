import type { LimitInfo, LimitUsage } from "./limit-info.js";

/** What is used of the organisation's requests of 24 hours, as Salesforce's answers tell. */
export interface ApiUsage extends LimitUsage {
  /** When it was told, in epoch milliseconds. */
  readonly observedAtMs: number;
  /** The share of the connected app, where the organisation limits it. */
  readonly app?: LimitUsage & { readonly name: string };
}

/** For callers: `undefined` where no answer told. */
export function toApiUsage(info: (LimitInfo & { readonly observedAtMs: number }) | undefined): ApiUsage | undefined {
  if (!info?.organization) return undefined;
  const { organization, app, observedAtMs } = info;
  return { ...organization, observedAtMs, ...(app && { app }) };
}
