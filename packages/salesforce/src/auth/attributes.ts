import { ConnectorError } from "@isthmus/core";

const names = ["instance_url", "id"] as const;

/** `instance_url`: where the API is. `id`: where the identity of the user is told. */
export type TokenAttribute = (typeof names)[number];

/** What is kept of a token response beside its tokens. */
export function pickAttributes(response: Readonly<Record<string, unknown>>): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const name of names) {
    const value = response[name];
    if (typeof value === "string" && value !== "") attributes[name] = value;
  }
  return attributes;
}

/** Names the user of a token: the identity of the user and the instance of the organisation. */
export function userOf(attributes: Readonly<Record<string, string>>): string {
  return JSON.stringify([attributes.id, attributes.instance_url]);
}

/**
 * An address that came with the tokens.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when Salesforce did not send it.
 */
export function requireAttribute(attributes: Readonly<Record<string, string>>, name: TokenAttribute): string {
  const value = attributes[name];
  if (value !== undefined) return value;
  throw new ConnectorError(
    "UNEXPECTED_RESPONSE",
    `Salesforce granted a token without "${name}". Connect again; if it stays so, check the app's OAuth scopes.`,
  );
}
