import { isConnectorError, sanitizeCause } from "@isthmus/core";
import { type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions } from "pino";

/**
 * The service's log. Nothing here logs headers or bodies; should a library do so, these stay out. Of an error, its name,
 * words, stack, code and causes are written and nothing else: libraries hang requests with their headers onto theirs.
 *
 * @param destination - Default: stdout.
 */
export function createServiceLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: ["*.authorization", "*.cookie", "req.headers"], censor: "[redacted]" },
    serializers: { err: describeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

function describeError(error: unknown): unknown {
  const safe = sanitizeCause(error);
  if (!(safe instanceof Error) || !(error instanceof Error)) return { type: typeof error, message: safe };
  const vendor = isConnectorError(error) ? error.vendor : undefined;
  return { ...stdSerializers.err(safe), type: safe.name, ...(vendor && { vendor }) };
}
