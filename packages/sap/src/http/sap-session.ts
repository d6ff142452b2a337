import type { SapHttp } from "./sap-http.js";

/**
 * One ABAP session, used by one caller from `open` to `close`. Every request of `http` carries the cookies that the session's
 * answers set (`sap-contextid`, `SAP_SESSIONID_<SID>_<client>`), and goes out one at a time: what was done in one request and not
 * committed yet is there in the next, and gone when the session ends.
 *
 * Cookies are how SAP tells its HTTP sessions apart, and an update has to be committed with those that its answer set.
 * @see https://help.sap.com/doc/saphelp_nw73/7.3.16/en-US/48/d1853df6c96745e10000000a421937/content.htm
 * @see https://itpfdoc.hitachi.co.jp/manuals/3020/30203y4240e/EY420043.HTM
 */
export interface SapSession {
  readonly http: SapHttp;
  /**
   * The context that the system keeps for this session (`sap-contextid`), by its latest answer. `undefined`: it has begun none,
   * so that each request stands alone and what is not committed in it is gone. A secret: it is compared, never told.
   */
  contextId(): string | undefined;
  /**
   * Ends the session at the system, so that it does not stay until its timeout. Whatever was not committed is lost. A session
   * whose last request was lost is not used again.
   */
  close(): Promise<void>;
}

/** Where sessions come from. */
export interface SapSessions {
  /**
   * A session that nobody else uses; waits for a free place.
   * @throws {ConnectorError} `CANCELLED` when the signal ends the wait; what the pool throws when it is full.
   */
  open(signal?: AbortSignal): Promise<SapSession>;
}
