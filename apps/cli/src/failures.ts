/** A command that was called in a wrong way. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the service, or the way to it, refused. Exit code 1. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  /** Stable; branch on this. */
  readonly code: string;
  /** Whether the same command may succeed later without anyone changing anything. */
  readonly retryable: boolean;

  constructor(code: string, detail: string, options: ErrorOptions & { readonly retryable?: boolean } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
