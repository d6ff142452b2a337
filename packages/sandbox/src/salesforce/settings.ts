import { applySettings } from "../shared/settings.js";
import { type BulkSettings, defaultBulkSettings } from "./bulk/bulk-settings.js";
import { defaultStreamingSettings, type StreamingSettings } from "./streaming/streaming-settings.js";

/** What can be changed while the sandbox runs (`POST /__sandbox/settings`). Times are milliseconds. */
export interface SalesforceSettings extends BulkSettings, StreamingSettings {
  /** Redirect at once from the authorize page, as the first active user. Default false. */
  skipConsent: boolean;
  /** Give a new refresh token at each refresh and retire the old one; one that comes back revokes the grant. Default false. */
  rotateRefreshTokens: boolean;
  /** Default two hours. */
  accessTokenLifetimeMs: number;
  /** Default fifteen minutes. */
  authorizationCodeLifetimeMs: number;
  /** Refuse authorization requests without a PKCE challenge. Default false. */
  requirePkce: boolean;
  /** Refuse token and introspection requests without the client secret. Default true; turn off to play a public client. */
  requireClientSecret: boolean;
  /** Live grants of one user for one client; beyond it the oldest is revoked (in a real organisation about five). Default 100. */
  grantsPerUser: number;
  /** Data API calls a day; beyond it 403 REQUEST_LIMIT_EXCEEDED. Default 5 000 000. */
  dailyApiRequests: number;
  /** Long requests that may be open at the same time; beyond it 403 REQUEST_LIMIT_EXCEEDED. Default 25. */
  concurrentRequests: number;
  /** Milliseconds after which an open request counts as a long one. Default twenty seconds. */
  longRequestMs: number;
  /** When the objects changed last, in milliseconds since 1970: what a describe call tells as `Last-Modified`. Default 1 January 2026. */
  describeChangedAtMs: number;
  /** Child records of a subquery that come with their parent; the others are further pages. Default 500. */
  childRecordsPerPage: number;
  /** Megabytes of all files together; beyond it 403 STORAGE_LIMIT_EXCEEDED. Default 256: they are in memory. */
  fileStorageMb: number;
  /** A host name (no port) that plays `login.salesforce.com`: there, the client credentials flow is refused. Default "": none. */
  genericLoginHost: string;
  /** How long changes are gathered for one outbound message, in real time. Default 100. */
  outboundGatherMs: number;
}

/** The settings of a sandbox that nobody has changed. */
export const defaultSettings: Readonly<SalesforceSettings> = {
  skipConsent: false,
  rotateRefreshTokens: false,
  accessTokenLifetimeMs: 2 * 60 * 60 * 1000,
  authorizationCodeLifetimeMs: 15 * 60 * 1000,
  requirePkce: false,
  requireClientSecret: true,
  grantsPerUser: 100,
  dailyApiRequests: 5_000_000,
  outboundGatherMs: 100,
  ...defaultBulkSettings,
  concurrentRequests: 25,
  longRequestMs: 20_000,
  describeChangedAtMs: Date.UTC(2026, 0, 1),
  childRecordsPerPage: 500,
  fileStorageMb: 256,
  genericLoginHost: "",
  ...defaultStreamingSettings,
};

const zeroAllowed = [
  "bulkPollsUntilComplete",
  "bulkProcessingMs",
  "bulkFailAfterRows",
  "measurements",
  "streamingHoldMs",
];

/**
 * Changes settings in place, so that whoever holds them sees the new values.
 *
 * @throws {InvalidSettingError} for an unknown name or a wrong value; nothing is changed then.
 */
export function changeSettings(settings: SalesforceSettings, changes: Record<string, unknown>): void {
  applySettings(settings, defaultSettings, changes, zeroAllowed);
}

/** Whether this is the name of a setting. */
export function isSettingName(name: string): name is keyof SalesforceSettings {
  return Object.hasOwn(defaultSettings, name);
}
