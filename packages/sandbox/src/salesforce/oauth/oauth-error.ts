/** A refusal of an OAuth endpoint: what goes into `error` and `error_description`. */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly status: number;
  readonly error: string;

  /** @param status - 400 everywhere at Salesforce, unless given. */
  constructor(error: string, description: string, status = 400) {
    super(description);
    this.error = error;
    this.status = status;
  }

  /** The response body. */
  toBody(): { error: string; error_description: string } {
    return { error: this.error, error_description: this.message };
  }
}
