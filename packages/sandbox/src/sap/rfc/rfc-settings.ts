import { applySettings } from "../../shared/settings.js";

/** What can be changed about the SOAP RFC handler while the sandbox runs. */
export interface RfcSettings {
  /** Whether `/sap/bc/soap/*` is active (transaction SICF). Default true. */
  soapRfcActive: boolean;
  /** Whether a client may open a session that outlives its request. False: every request has a fresh one, whatever cookies say. Default true. */
  statefulSessions: boolean;
  /** Milliseconds after which an unused session ends. Default 600 000. */
  abapSessionTimeoutMs: number;
  /**
   * Whether a session's own database reads see what it has not committed. SAP's sales BAPIs write in the update task, so there the
   * answer is no; BAPIs that write at once are seen. Default true, so that write, read, roll back, read tells sessions apart.
   */
  sessionReadsUncommitted: boolean;
  /** Whether a SOAPAction as the WSDL names it is taken; false: only an empty one. Default false. */
  acceptSoapAction: boolean;
  /** A customer's function module that calls another one and commits in the same request; `""`: there is none. */
  commitWrapper: string;
  /** The web service that SOAMANAGER offers all function modules under, at `/sap/bc/srt/rfc/sap/<name>/…`; `""`: there is none. */
  webService: string;
  /** Tables that the users may not read, separated by commas. Default USR02. */
  unauthorizedTables: string;
}

/** The settings at the start. */
export const defaultRfcSettings: Readonly<RfcSettings> = {
  soapRfcActive: true,
  statefulSessions: true,
  abapSessionTimeoutMs: 600_000,
  sessionReadsUncommitted: true,
  acceptSoapAction: false,
  commitWrapper: "Z_ISTHMUS_CALL_AND_COMMIT",
  webService: "zws_isthmus",
  unauthorizedTables: "USR02",
};

/** @throws {InvalidSettingError} for an unknown name or a wrong value; nothing is changed then. */
export function changeRfcSettings(settings: RfcSettings, changes: Record<string, unknown>): void {
  applySettings(settings, defaultRfcSettings, changes);
}
