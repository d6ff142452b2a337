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
  /** A text file, line by line. @throws what the file system says. */
  readonly openLines: (path: string) => Promise<TextFile>;
}

/** A text file that is read line by line. */
export interface TextFile {
  readonly sizeBytes: number;
  readonly lines: AsyncIterable<string>;
}
