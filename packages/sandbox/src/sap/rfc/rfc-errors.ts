/** A classic exception of a function module: `RAISE name`, perhaps with a message. */
export class AbapException extends Error {
  /** Tells the error from others in logs. */
  override readonly name = "AbapException";
  /** Such as `TABLE_NOT_AVAILABLE`. */
  readonly exception: string;
  /** Message class and number of `MESSAGE … RAISING`; `undefined` without a message. */
  readonly messageKey: { readonly id: string; readonly number: string } | undefined;

  /** @param text - The message's text; `""` without a message. */
  constructor(exception: string, text = "", messageKey?: { id: string; number: string }) {
    super(text);
    this.exception = exception;
    this.messageKey = messageKey;
  }
}

/** An error of the runtime, not of the function module. */
export class RfcSystemError extends Error {
  /** Tells the error from others in logs. */
  override readonly name = "RfcSystemError";
  /** Such as `SYSTEM_FAILURE`, `COMMUNICATION_FAILURE`, `LOGON_FAILURE`. */
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** A short dump: the session is gone, the client sees a page in HTML. */
export class ShortDump extends Error {
  /** Tells the error from others in logs. */
  override readonly name = "ShortDump";
}

/** The handler refuses the SOAP message itself. */
export class SoapRefusal extends Error {
  /** Tells the error from others in logs. */
  override readonly name = "SoapRefusal";
}
