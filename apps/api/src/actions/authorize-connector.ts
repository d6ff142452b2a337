import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import { ApiError } from "../errors/index.js";
import { sha256Hex } from "../keys/api-key.js";
import type { Services } from "../services.js";
import { connectorAudit } from "./audit.js";
import { findConnector } from "./find-connector.js";
import { authorizationPlace } from "./oauth-session.js";

/** Where to send a person, and until when. */
export interface AuthorizationLink {
  /** Ours; it works once. */
  readonly authorizationUrl: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

const lifetimeSeconds = 600;

/**
 * Makes the link by which a person authorises a connector. The session behind it names tenant, connector and requester;
 * what the way back needs (state, PKCE verifier) is sealed in it.
 *
 * @param returnTo - Where the browser goes afterwards; its origin has to be allow-listed.
 * @throws {ConnectorError} `UNSUPPORTED` when the authentication method has no step in a browser.
 * @throws {ApiError} `RETURN_TO_NOT_ALLOWED`, `FORBIDDEN`.
 */
export async function authorizeConnector(
  services: Services,
  caller: Caller,
  connectorId: string,
  returnTo: string | undefined,
): Promise<AuthorizationLink> {
  await assertAllowed(services, caller, "connectors.connect");
  const { database, vault, random, settings } = services;
  const { tenantId, userId } = caller;
  assertReturnTo(returnTo, settings.returnToOrigins);
  const row = await findConnector(services, tenantId, connectorId);
  const redirectUri = `${settings.publicUrl()}/oauth/callback/${row.connectorType}`;
  const { authorizationUrl, pending } = await services.pool.use(
    row,
    (connector) => connector.getAuthUrl({ redirectUri, lifetimeMs: lifetimeSeconds * 1000 }),
    caller,
  );
  const id = newId();
  const token = random.bytes(32).toString("base64url");
  const payload = await vault.seal({ authorizationUrl, pending }, authorizationPlace(tenantId, id));
  const session = await database.asTenant(tenantId, async ({ oauthSessions, auditEvents }) => {
    await oauthSessions.deleteExpired();
    const created = await oauthSessions.create({
      id,
      connectorId,
      requestedBy: userId,
      startTokenHash: sha256Hex(token),
      stateHash: sha256Hex(pending.state),
      payload,
      connectorVersion: row.version,
      lifetimeSeconds,
      ...(returnTo !== undefined && { returnTo }),
    });
    await auditEvents.append(connectorAudit(caller, "connector.authorization_started", connectorId));
    return created;
  });
  return {
    authorizationUrl: `${settings.publicUrl()}/oauth/start/${token}`,
    expiresAt: session.expiresAt.toISOString(),
  };
}

function assertReturnTo(returnTo: string | undefined, origins: readonly string[]): void {
  if (returnTo === undefined) return;
  const url = URL.canParse(returnTo) ? new URL(returnTo) : undefined;
  // The origin as the URL parser sees it, never a prefix of the text: https://good.example@evil.example begins well too.
  // blob:https://good.example/ has that origin and is no address of it.
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  if (url && isWeb && url.username === "" && url.password === "" && origins.includes(url.origin)) return;
  throw new ApiError("RETURN_TO_NOT_ALLOWED", "returnTo has to begin with one of the origins in ISTHMUS_RETURN_TO.", {
    issues: [{ path: "returnTo", message: "Not an allowed origin." }],
  });
}
