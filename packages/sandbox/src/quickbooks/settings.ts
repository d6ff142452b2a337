import { applySettings } from "../shared/settings.js";

/** What can be changed while the sandbox runs (`POST /__sandbox/settings`). Times are milliseconds. */
export interface QuickbooksSettings {
  /** Redirect at once from the authorize page, for the first company. Default false. */
  skipConsent: boolean;
  /** Default one hour. */
  accessTokenLifetimeMs: number;
  /** How long a refresh token's value stays before a refresh replaces it; 0 replaces it each time. Default one day. */
  refreshTokenRotationMs: number;
  /** A replaced refresh token that comes back is always `invalid_grant`; true ends the whole connection with it. Default false. */
  revokeOnReuse: boolean;
  /** How long an unused refresh token is good. Default 100 days. */
  refreshTokenLifetimeMs: number;
  /** How long a connection is good at most, however often it is refreshed. Default five years. */
  refreshTokenHardLifetimeMs: number;
  /** Default five minutes. */
  authorizationCodeLifetimeMs: number;
  /** Live connections of one company for one client; beyond it the oldest is ended. Default 100. */
  grantsPerCompany: number;
  /** Whether the limits below are applied. Default true. */
  throttle: boolean;
  /** Requests a minute and company. Default 500. */
  requestsPerMinute: number;
  /** Requests a second, company and client. Default 10. */
  requestsPerSecond: number;
  /** Requests of a company and client that may be open at once. Default 10. */
  concurrentRequests: number;
  /** Batch requests a minute, company and client. Default 40. */
  batchesPerMinute: number;
  /** E-mails a day and company, as in Intuit's own sandboxes. Default 40. */
  emailsPerDay: number;
  /** How long every API call is open before it takes effect, at most 60 000. Default 0. */
  latencyMs: number;
  /** Plays the client's monthly allowance of reads as used up: every read is 429 until it is turned off. Default false. */
  corePlusBlocked: boolean;
  /** The gateway (401, 403/3100, 429) answers in XML, whatever a request accepts. Default false. */
  gatewayXml: boolean;
}

const day = 24 * 60 * 60 * 1000;

/** The settings of a sandbox that nobody has changed. */
export const defaultSettings: Readonly<QuickbooksSettings> = {
  skipConsent: false,
  accessTokenLifetimeMs: 60 * 60 * 1000,
  refreshTokenRotationMs: day,
  revokeOnReuse: false,
  refreshTokenLifetimeMs: 100 * day,
  refreshTokenHardLifetimeMs: 5 * 365 * day,
  authorizationCodeLifetimeMs: 5 * 60 * 1000,
  grantsPerCompany: 100,
  throttle: true,
  requestsPerMinute: 500,
  requestsPerSecond: 10,
  concurrentRequests: 10,
  batchesPerMinute: 40,
  emailsPerDay: 40,
  latencyMs: 0,
  corePlusBlocked: false,
  gatewayXml: false,
};

/**
 * Changes settings in place, so that whoever holds them sees the new values.
 *
 * @throws {InvalidSettingError} for an unknown name or a wrong value; nothing is changed then.
 */
export function changeSettings(settings: QuickbooksSettings, changes: Record<string, unknown>): void {
  applySettings(settings, defaultSettings, changes, ["refreshTokenRotationMs", "latencyMs"]);
}

/** Whether this is the name of a setting. */
export function isSettingName(name: string): name is keyof QuickbooksSettings {
  return Object.hasOwn(defaultSettings, name);
}
