import { ConnectorError } from "@isthmus/core";

/** Metadata that cannot be worked with: what is wrong, in a sentence's part such as "has no entity container". */
export function unusableMetadata(problem: string): ConnectorError {
  return new ConnectorError(
    "UNEXPECTED_RESPONSE",
    `The service's $metadata ${problem}. Check that the address is the root of an OData service.`,
  );
}

/** Metadata that asks for more than any real service does. */
export function oversizedMetadata(problem: string): ConnectorError {
  return new ConnectorError("RESPONSE_TOO_LARGE", `The service's $metadata ${problem}.`);
}

/** A name from the metadata, short enough to stand in a message. */
export function shown(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}
