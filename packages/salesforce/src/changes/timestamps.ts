import { ConnectorError } from "@isthmus/core";

/** Salesforce writes the zone without a colon: `2026-01-31T12:00:00.000+0000`. */
const timestampPattern = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?)(?:Z|\+00:?00)$/;

/**
 * Epoch milliseconds of a date and time as Salesforce writes it: always in UTC.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for anything else.
 */
export function readTimestamp(value: unknown, what: string): number {
  const found = typeof value === "string" ? timestampPattern.exec(value)?.[1] : undefined;
  const milliseconds = found === undefined ? Number.NaN : Date.parse(`${found}Z`);
  if (!Number.isNaN(milliseconds)) return milliseconds;
  throw new ConnectorError("UNEXPECTED_RESPONSE", `Salesforce's answer has no date and time where ${what} belongs.`);
}
