import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { SalesforceState } from "../state.js";
import { OAuthError } from "./oauth-error.js";

/** The parameters of a form body. */
export type FormParameters = Record<string, string | undefined>;

/** The form body of a request; empty when there is none. */
export function formOf(request: FastifyRequest): FormParameters {
  const body = request.body;
  if (typeof body !== "object" || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/**
 * Checks who the client is, by the form (`client_id`, `client_secret`) or by HTTP Basic.
 *
 * @param needsSecret - Whether the flow demands the secret, whatever the settings say.
 * @throws {OAuthError} `invalid_client_id`, or `invalid_client` for a wrong or missing secret.
 */
export function authenticateClient(request: FastifyRequest, state: SalesforceState, needsSecret = false): void {
  const { id, secret } = readCredentials(request);
  if (id === undefined) throw new OAuthError("invalid_client_id", "client identifier not provided");
  if (id !== state.client.id) throw new OAuthError("invalid_client_id", "client identifier invalid");
  if (secret === undefined && !needsSecret && !state.settings.requireClientSecret) return;
  if (secret === undefined || !isSame(secret, state.client.secret)) {
    throw new OAuthError("invalid_client", "invalid client credentials");
  }
}

function readCredentials(request: FastifyRequest): { id: string | undefined; secret: string | undefined } {
  const encoded = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const form = formOf(request);
  if (encoded === undefined) return { id: form.client_id, secret: form.client_secret };
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) throw new OAuthError("invalid_client", "invalid client credentials");
  return { id: decodeFormPart(text.slice(0, colon)), secret: decodeFormPart(text.slice(colon + 1)) };
}

/** In Basic credentials each part is form-encoded first. https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function decodeFormPart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function isSame(left: string, right: string): boolean {
  return timingSafeEqual(createHash("sha256").update(left).digest(), createHash("sha256").update(right).digest());
}
