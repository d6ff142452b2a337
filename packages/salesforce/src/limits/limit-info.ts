import type { ResponseHeaders } from "@isthmus/core";

/** How much of a limit is used. */
export interface LimitUsage {
  /** Requests of the last 24 hours. May exceed `max`: Salesforce lets an organisation go on for a while. */
  readonly used: number;
  /** Requests that 24 hours allow. */
  readonly max: number;
}

/** What an answer says of the organisation's requests. */
export interface LimitInfo {
  /** `api-usage`: the whole organisation's. */
  readonly organization?: LimitUsage;
  /** `per-app-api-usage`: the connected app's share, where the organisation limits it. */
  readonly app?: LimitUsage & { readonly name: string };
}

/**
 * Reads `Sforce-Limit-Info`, such as `api-usage=25/5000; per-app-api-usage=17/250(appName=sample-app)`. What is not
 * understood of it counts as not said.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
 */
export function readLimitInfo(headers: ResponseHeaders): LimitInfo {
  const header = headers["sforce-limit-info"];
  const text = Array.isArray(header) ? header.join(",") : (header ?? "");
  const organization = toUsage(/(?:^|[\s,;])api-usage=(\d{1,15})\/(\d{1,15})/.exec(text));
  const perApp = /(?:^|[\s,;])per-app-api-usage=(\d{1,15})\/(\d{1,15})\(appName=([^)]{0,200})\)/.exec(text);
  const app = toUsage(perApp);
  return {
    ...(organization && { organization }),
    ...(app && { app: { ...app, name: perApp?.[3] ?? "" } }),
  };
}

function toUsage(match: RegExpExecArray | null): LimitUsage | undefined {
  if (match === null) return undefined;
  const [, used, max] = match;
  return Number(max) > 0 ? { used: Number(used), max: Number(max) } : undefined;
}
