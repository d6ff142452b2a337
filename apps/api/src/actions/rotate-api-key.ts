import { NotFoundError } from "@isthmus/core";
import { RowDigester } from "../audit/row-digester.js";
import { type Caller, isAllowed } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import { createApiKey as makeKey } from "../keys/api-key.js";
import type { ApiKeyRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type ApiKeyView, viewApiKey } from "./api-key-view.js";
import { auditOf } from "./audit.js";
import { assertEndsInTime, assertMayMakeKeys, assertNotPast } from "./create-api-key.js";

/** How a key gives way to a new one. */
export interface RotateApiKeyInput {
  /** How long the old key goes on working, so that every program can be given the new one. Default a day; 0: not at all. */
  readonly overlapSeconds?: number | undefined;
  /** When the new key expires, ISO 8601. Default: when the old one would have. */
  readonly expiresAt?: string | undefined;
}

/** The new key, and the old one as it is now. */
export type RotatedApiKey = ApiKeyView & { readonly key: string; readonly former: ApiKeyView };

/** Overlap when the caller does not say, and the longest, in seconds. */
export const overlapLimits = { default: 86_400, max: 30 * 86_400 } as const;

/**
 * Makes a key in place of another: of the same user, with the same name, and so with the same rights. The old one ends
 * after the overlap, or when it would have anyway. The answer is the only time that the new key is shown.
 *
 * What holds for making a key holds here: it does not outlive the caller's, unless an administrator makes it. The
 * caller's is measured as it was before: a key that rotates itself hands on its whole life, and not its overlap.
 *
 * @throws {NotFoundError} when there is no such key, or none that the caller may see.
 * @throws {ApiError} `API_KEY_NOT_ROTATABLE` when it works no more, or was rotated before.
 * @throws {ValidationError} when the new key would have expired already, or would outlive the caller's.
 */
export async function rotateApiKey(
  services: Services,
  caller: Caller,
  id: string,
  { overlapSeconds = overlapLimits.default, expiresAt }: RotateApiKeyInput,
): Promise<RotatedApiKey> {
  await assertMayMakeKeys(services, caller, "api-keys.own");
  const managesAll = isAllowed(caller.roles, "api-keys.all");
  const now = services.clock.now();
  const { key, prefix, hash } = makeKey(services.random);
  using digester = await RowDigester.take(services, caller.tenantId);
  return await services.database.asTenant(caller.tenantId, async ({ apiKeys, auditEvents }) => {
    // A key that rotates itself is the caller's, too: its end must not be another's work half-way through the checks.
    const former = await apiKeys.findForChange(id);
    // Other people's keys are not to be seen here, so they are not there.
    if (!former || (former.userId !== caller.userId && !managesAll)) {
      throw new NotFoundError("There is no such API key.");
    }
    assertRotatable(former, now);
    const expiry = expiresAt === undefined ? former.expiresAt : new Date(expiresAt);
    if (expiry) assertNotPast(expiry, now);
    if (!managesAll) await assertEndsInTime(apiKeys, caller, expiry ?? undefined);
    const { userId, name } = former;
    const created = await apiKeys.create({ userId, name, prefix, hash, ...(expiry && { expiresAt: expiry }) });
    const ended = await apiKeys.endInFavourOf(created.id, id, endOf(former, now, overlapSeconds));
    if (!ended) throw notRotatable("This key was rotated or withdrawn in this very moment.");
    const details = {
      ...{ prefix: former.prefix, userId, successorId: created.id, successorPrefix: prefix },
      endsAt: (ended.revokedAt ?? ended.expiresAt)?.toISOString(),
      ...digester.of("api_keys", id, { before: former, after: ended }),
    };
    await auditEvents.append(
      auditOf(caller, { action: "api_key.rotated", targetType: "api_key", targetId: id, outcome: "success", details }),
    );
    return { ...viewApiKey(created), key, former: viewApiKey(ended) };
  });
}

function assertRotatable({ rotatedTo, revokedAt, expiresAt }: ApiKeyRow, now: number): void {
  if (rotatedTo !== null) {
    throw notRotatable(`This key was rotated already, to the key ${rotatedTo}: rotate that one, or make a new key.`);
  }
  if (revokedAt !== null || (expiresAt !== null && expiresAt.getTime() <= now)) {
    throw notRotatable("This key works no more, so there is nothing to hand on: make a new key.");
  }
}

function notRotatable(message: string): ApiError {
  return new ApiError("API_KEY_NOT_ROTATABLE", message);
}

/** When the old key ends; `undefined` = now. */
function endOf({ expiresAt }: ApiKeyRow, now: number, overlapSeconds: number): Date | undefined {
  if (overlapSeconds === 0) return undefined;
  return new Date(Math.min(now + overlapSeconds * 1000, expiresAt?.getTime() ?? Number.POSITIVE_INFINITY));
}
