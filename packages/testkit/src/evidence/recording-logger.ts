import type { Logger } from "@isthmus/core";

/** A logger that hands every line to `record`, the `debug` level included. */
export function recordingLogger(
  record: (level: keyof Logger, fields: Readonly<Record<string, unknown>>, message: string) => void,
): Logger {
  return {
    debug: (fields, message) => record("debug", fields, message),
    info: (fields, message) => record("info", fields, message),
    warn: (fields, message) => record("warn", fields, message),
    error: (fields, message) => record("error", fields, message),
  };
}
