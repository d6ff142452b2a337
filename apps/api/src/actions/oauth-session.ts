import { type SealContext, validate } from "@isthmus/core";
import { z } from "zod";
import type { OauthSessionRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/** Where the sealed part of an authorisation lives. */
export function authorizationPlace(tenantId: string, sessionId: string): SealContext {
  return { tenantId, table: "oauth_sessions", recordId: sessionId, field: "payload" };
}

const payloadSchema = z.object({
  authorizationUrl: z.url(),
  pending: z.object({
    state: z.string(),
    codeVerifier: z.string(),
    redirectUri: z.string(),
    expiresAtMs: z.number(),
  }),
});

/** The sealed part of an authorisation: the vendor's address, and what the way back needs. */
export type AuthorizationPayload = z.infer<typeof payloadSchema>;

/** Opens the sealed part. @throws {ConnectorError} `SEALED_VALUE_UNREADABLE`, `KEY_UNAVAILABLE`. */
export async function openAuthorization({ vault }: Services, session: OauthSessionRow): Promise<AuthorizationPayload> {
  const { tenantId, id, payload } = session;
  return validate(payloadSchema, await vault.open(payload, authorizationPlace(tenantId, id)), "stored authorisation");
}
