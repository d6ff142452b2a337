import type { FastifyRequest } from "fastify";
import { formOf, isSameSecret, readBasicCredentials } from "../../shared/client-credentials.js";
import { OAuthError } from "../../shared/oauth-error.js";
import type { SalesforceState } from "../state.js";

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
  if (secret === undefined || !isSameSecret(secret, state.client.secret)) {
    throw new OAuthError("invalid_client", "invalid client credentials");
  }
}

function readCredentials(request: FastifyRequest): { id: string | undefined; secret: string | undefined } {
  const basic = readBasicCredentials(request);
  if (basic === "malformed") throw new OAuthError("invalid_client", "invalid client credentials");
  if (basic !== undefined) return basic;
  const form = formOf(request);
  return { id: form.client_id, secret: form.client_secret };
}
