import { applySettings } from "../shared/settings.js";
import { defaultIdocSettings, type IdocSettings, idocSettingsFromZero } from "./idoc/idoc-settings.js";
import { defaultRfcSettings, type RfcSettings } from "./rfc/rfc-settings.js";

/** What can be changed while the sandbox runs (`POST /__sandbox/settings`). Times are milliseconds. */
export interface SapSettings extends RfcSettings, IdocSettings {
  /** Wrong passwords in a row after which a user is locked (`login/fails_to_user_lock`). Default 5. */
  failsToUserLock: number;
  /** How long an unused session lives (`http/security_session_timeout`). Default 30 minutes. */
  sessionLifetimeMs: number;
  /** Default 12 hours, as XSUAA's. */
  accessTokenLifetimeMs: number;
  /** Records of one page where the server pages. Default 100. */
  pageSize: number;
  /** Whether changes and deletions of entities with an ETag need If-Match (428 without). Default true. */
  requireIfMatch: boolean;
  /** The text of a warning that comes with every OData write in the `sap-message` header. Default "": none. */
  warningOnWrite: string;
  /** Whether the CSRF token is given only where the path ends with `/`, as on some systems. Default false. */
  csrfNeedsTrailingSlash: boolean;
  /** Whether OData v4 takes batches in JSON, as newer releases do. Default false. */
  jsonBatch: boolean;
  /** Plays a system whose services show the logon form: 200 and a page in place of each 401. Default false. */
  logonForm: boolean;
}

/** The settings of a sandbox that nobody has changed. */
export const defaultSettings: Readonly<SapSettings> = {
  failsToUserLock: 5,
  sessionLifetimeMs: 30 * 60 * 1000,
  accessTokenLifetimeMs: 12 * 60 * 60 * 1000,
  pageSize: 100,
  requireIfMatch: true,
  warningOnWrite: "",
  csrfNeedsTrailingSlash: false,
  jsonBatch: false,
  logonForm: false,
  ...defaultRfcSettings,
  ...defaultIdocSettings,
};

/**
 * Changes settings in place, so that whoever holds them sees the new values.
 *
 * @throws {InvalidSettingError} for an unknown name or a wrong value; nothing is changed then.
 */
export function changeSettings(settings: SapSettings, changes: Record<string, unknown>): void {
  applySettings(settings, defaultSettings, changes, idocSettingsFromZero);
}

/** Whether this is the name of a setting. */
export function isSettingName(name: string): name is keyof SapSettings {
  return Object.hasOwn(defaultSettings, name);
}
