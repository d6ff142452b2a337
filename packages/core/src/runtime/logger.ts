/** Writes one log line: facts first, then a fixed sentence. The shape is pino's, so a pino logger fits as it is. */
export type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Where log lines go. Nothing is logged that a customer would not want read aloud: no token, no body, no record. */
export interface Logger {
  /** For finding faults. */
  readonly debug: LogMethod;
  /** What a person running it wants to know. */
  readonly info: LogMethod;
  /** Went wrong, and is being dealt with. */
  readonly warn: LogMethod;
  /** Somebody has to do something. */
  readonly error: LogMethod;
}

const ignore: LogMethod = () => undefined;

/** Logs nothing. The default of a library that was not asked to speak. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
