import { NotFoundError } from "@isthmus/core";
import { ApiError } from "../errors/index.js";
import { sha256Hex } from "../keys/api-key.js";
import type { Services } from "../services.js";
import { openAuthorization } from "./oauth-session.js";

/** Where the browser goes, and the cookie that it has to bring back. */
export interface StartedInBrowser {
  readonly authorizationUrl: string;
  /** Tells this authorisation's cookie from those of others in the same browser. */
  readonly cookieName: string;
  readonly cookie: string;
}

/**
 * Opens a start link, once, and binds the authorisation to the browser that opened it: whoever gets hold of the callback's
 * address alone can do nothing with it.
 *
 * @throws {ApiError} `AUTHORIZATION_LINK_INVALID` for a link that is unknown, used or expired.
 */
export async function startAuthorization(services: Services, token: string): Promise<StartedInBrowser> {
  const { database, random } = services;
  const cookie = random.bytes(32).toString("base64url");
  const claim = await database.asSystem((system) => system.claimOauthStart(sha256Hex(token), sha256Hex(cookie)));
  if (claim?.outcome !== "claimed") {
    const words = { used: "was opened already: each works once", expired: "is too old", claimed: "" };
    throw new ApiError(
      "AUTHORIZATION_LINK_INVALID",
      `This link ${words[claim?.outcome ?? "expired"]}. Ask for a new one.`,
    );
  }
  const session = await database.asTenant(claim.tenantId, ({ oauthSessions }) =>
    oauthSessions.findById(claim.sessionId),
  );
  if (!session) throw new NotFoundError("The authorisation is gone.");
  const { authorizationUrl, pending } = await openAuthorization(services, session);
  return { authorizationUrl, cookieName: cookieNameOf(pending.state), cookie };
}

/** The name of the cookie that belongs to a state. */
export function cookieNameOf(state: string): string {
  return `isthmus_oauth_${sha256Hex(state).slice(0, 16)}`;
}
