/** A refusal of an OAuth endpoint: what goes into `error` and `error_description`. */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly status: number;
  readonly error: string;

  /**
   * @param description - Empty where the vendor gives none; `error_description` is then left out.
   * @param status - Default 400.
   */
  constructor(error: string, description = "", status = 400) {
    super(description);
    this.error = error;
    this.status = status;
  }

  /** The response body. */
  toBody(): { error: string; error_description?: string } {
    return this.message === "" ? { error: this.error } : { error: this.error, error_description: this.message };
  }
}
