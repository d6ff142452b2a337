/** What a command may touch beside the service: handed in, so that tests see all of it. */
export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of this command line. */
  readonly version: string;
  /** Whether a person looks at the output, so that a line may be drawn over. */
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Begins to listen for Ctrl-C, which from then on aborts this signal instead of ending the process. */
  readonly whenInterrupted: () => AbortSignal;
}
