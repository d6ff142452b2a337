/** One entry of the array that Salesforce sends as the body of a failed call. */
export interface SalesforceErrorEntry {
  message: string;
  errorCode: string;
  fields?: string[];
}

/** A failure in Salesforce's words. Thrown anywhere below a data route; the error handler sends it. */
export class SalesforceError extends Error {
  override readonly name = "SalesforceError";
  readonly status: number;
  readonly errorCode: string;
  /** The fields it concerns; `undefined` where Salesforce leaves the property out. */
  readonly fields: string[] | undefined;

  constructor(status: number, errorCode: string, message: string, fields?: string[]) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
    this.fields = fields;
  }

  /** The response body. */
  toBody(): SalesforceErrorEntry[] {
    const entry = { message: this.message, errorCode: this.errorCode };
    return [this.fields === undefined ? entry : { ...entry, fields: this.fields }];
  }
}

/** 404: no such resource, object or record. */
export function notFound(message = "The requested resource does not exist"): SalesforceError {
  return new SalesforceError(404, "NOT_FOUND", message);
}

/** 400 for a query; Salesforce's messages show where it went wrong. */
export function malformedQuery(message: string): SalesforceError {
  return new SalesforceError(400, "MALFORMED_QUERY", message);
}

/** 400: a field that the object does not have, or that may not be used this way. */
export function invalidField(message: string, fields?: string[]): SalesforceError {
  return new SalesforceError(400, "INVALID_FIELD", message, fields);
}
