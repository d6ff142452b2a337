import { z } from "zod";
import type { Caller } from "../authorization/principal.js";
import { ApiError } from "../errors/index.js";
import type { IdentityProviderRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { mapRoles } from "../sign-in/claims.js";
import { type RefusalReason, refusals, TokenRefusedError } from "../sign-in/refusals.js";
import { readUnprovenIssuer, type VerifiedToken, verifyToken } from "../sign-in/verify-token.js";
import { auditOf } from "./audit.js";
import { findOrAddPerson, PersonRefusedError } from "./find-or-add-person.js";

/** A request that brings a token in place of an API key. */
export interface SignInRequest {
  readonly token: string;
  /** The tenant that the request names: several may trust one issuer. `undefined` = it names none. */
  readonly tenantId: string | undefined;
  readonly requestId: string;
  /** Address of the peer. */
  readonly ip: string;
  /** When the request came, in epoch milliseconds: the token has to be valid then. */
  readonly atMs: number;
}

const tenantSchema = z.uuid().toLowerCase();

/**
 * Finds out whom a request with a token of an identity provider acts as. People are found by issuer and subject and never
 * by their e-mail address: whoever can choose an address at the provider could be anybody here.
 *
 * The roles are those that the token's claims stand for now. None of them is stored, so that what is taken away at the
 * provider is gone with the token.
 *
 * @throws {ApiError} `UNAUTHENTICATED` when the token is not taken; `SIGN_IN_REFUSED` when it is good and its person is not
 *   let in; `IDENTITY_PROVIDER_UNAVAILABLE` when nobody can tell.
 */
export async function signIn(services: Services, request: SignInRequest): Promise<Caller> {
  const provider = await findProvider(services, request);
  const { signIns } = services;
  let verified: VerifiedToken;
  try {
    verified = await verifyToken(request.token, provider, signIns.keysOf(provider), request.atMs);
  } catch (error) {
    if (!(error instanceof TokenRefusedError)) throw error;
    await noteRefusal(services, request, provider, error.reason);
    throw error.isProven
      ? new ApiError("UNAUTHENTICATED", `The token is not taken: ${refusals[error.reason]}.`)
      : notTaken(error);
  }
  const { tenantId, issuer } = provider;
  const roles = mapRoles(verified.claims, provider);
  const isNew = signIns.seen.add(tenantId, request.token, verified.expiresAtMs);
  try {
    const user = await findOrAddPerson(services, provider, verified, roles, (person) => {
      if (!isNew) return undefined;
      const caller = { tenantId, userId: person.id, userName: person.name, roles, ...peerOf(request) };
      const details = { providerId: provider.id, issuer, roles, until: new Date(verified.expiresAtMs).toISOString() };
      const facts = { action: "user.signed_in", targetType: "user", targetId: person.id, outcome: "success", details };
      return auditOf(caller, { ...facts, outcome: "success" });
    });
    return { tenantId, userId: user.id, userName: user.name, roles, ...peerOf(request) };
  } catch (error) {
    if (isNew) signIns.seen.forget(tenantId, request.token);
    if (!(error instanceof PersonRefusedError)) throw error;
    await noteRefusal(services, request, provider, error.reason, { subject: verified.subject, userId: error.userId });
    throw new ApiError("SIGN_IN_REFUSED", `The token is good, but ${refusals[error.reason]}. ${error.remedy}`);
  }
}

function peerOf({ requestId, ip }: SignInRequest) {
  return { requestId, ip };
}

async function findProvider({ database }: Services, request: SignInRequest): Promise<IdentityProviderRow> {
  if (request.tenantId === undefined) {
    throw new ApiError(
      "UNAUTHENTICATED",
      "A token needs the header `Isthmus-Tenant` beside it: the id of your tenant.",
    );
  }
  const tenantId = tenantSchema.safeParse(request.tenantId).data;
  const issuer = readUnprovenIssuer(request.token);
  const found =
    tenantId !== undefined && issuer !== undefined
      ? await database.asSystem((system) => system.signIn.findProvider(tenantId, issuer))
      : undefined;
  if (!found) throw notTaken();
  return found;
}

/** Says the same of every token that nobody has signed, so that nobody learns by trying whom a tenant trusts. */
function notTaken(cause?: Error): ApiError {
  return new ApiError(
    "UNAUTHENTICATED",
    "The token is not one of an identity provider that this tenant trusts. Send one that is, or an API key.",
    { ...(cause && { cause }) },
  );
}

async function noteRefusal(
  { database, signIns }: Services,
  request: SignInRequest,
  { id, tenantId, issuer }: IdentityProviderRow,
  reason: RefusalReason,
  known: { readonly subject?: string; readonly userId?: string | undefined } = {},
): Promise<void> {
  const place = signIns.refusals.take(id);
  if (!place) return;
  const { subject, userId } = known;
  const details = {
    ...{ issuer, reason },
    ...(subject !== undefined && { subject }),
    ...(place.unnoted > 0 && { unnotedBefore: place.unnoted }),
  };
  await database.asTenant(tenantId, ({ auditEvents }) =>
    auditEvents.append({
      action: "user.sign_in_refused",
      targetType: "identity_provider",
      targetId: id,
      outcome: "denied",
      ...(userId !== undefined && { actorUserId: userId }),
      ...peerOf(request),
      details,
    }),
  );
}
