import type { TransportRequest, TransportResponse, TransportStreamResponse } from "@isthmus/core";

/** One request to the connected SAP system. */
export interface SapRequest extends Omit<TransportRequest, "url"> {
  /** Absolute path with query; `sap-client` and `sap-language` are added. Or a full URL at the system. */
  readonly path: string;
  /**
   * Root of the service whose CSRF token a request that changes something has to carry, such as `/sap/opu/odata/sap/SRV/`.
   * The token is fetched once for it, with the session's cookies, and once more after a 403 that says `Required`. Missing:
   * no token is sent.
   */
  readonly csrfRoot?: string;
}

/**
 * How every room of this package reaches the system: with credentials, `sap-client`, `sap-language`, the session's cookies
 * and its CSRF token. Any status but 401 is an answer; `mapSapFailure` says what one that is not 2xx means. A refused logon is thrown
 * as an `AuthenticationError`: only the logon knows what to look at; an address elsewhere as a `ForbiddenTargetError`.
 */
export interface SapHttp {
  /** Sends, and reads the whole answer. */
  request(request: SapRequest): Promise<TransportResponse>;
  /** Sends, and hands the body over as a stream. */
  stream(request: SapRequest): Promise<TransportStreamResponse>;
  /** Told by who has read in an answer, whatever its status, that the logon was refused: nothing more is sent with that password. */
  refuseLogon(): void;
}
