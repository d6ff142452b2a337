/** How bad a message is, in the words of v2's `sap-message`. */
export type MessageSeverity = "success" | "info" | "warning" | "error";

/** One message of the application or the framework. */
export interface ODataMessage {
  /** Message class and number, such as `V1/302`. */
  code: string;
  message: string;
  severity: MessageSeverity;
  /** The property it is about, or "". */
  target?: string;
}

/** What happens to a request that the system refuses; `renderFailure` turns it into the protocol's body. */
export class ODataFailure extends Error {
  override readonly name = "ODataFailure";
  readonly status: number;
  readonly code: string;
  /** Further messages; the first is the failure itself where none are given. */
  readonly details: readonly ODataMessage[];

  constructor(status: number, code: string, message: string, details: readonly ODataMessage[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** 404 for a path that leads nowhere, in the Gateway's own words. */
export function segmentNotFound(segment: string): ODataFailure {
  return new ODataFailure(404, "/IWBEP/CM_MGW_RT/020", `Resource not found for segment '${segment}'`);
}

/** 400 for a request that cannot be understood. */
export function malformed(message: string): ODataFailure {
  return new ODataFailure(400, "/IWBEP/CM_MGW_RT/021", message);
}
