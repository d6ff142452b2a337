import { ValidationError } from "@isthmus/core";
import { RowDigester } from "../audit/row-digester.js";
import { assertAllowed, type Caller, isAllowed } from "../authorization/index.js";
import { createApiKey as makeKey } from "../keys/api-key.js";
import type { ApiKeyRepository } from "../repositories/index.js";
import type { Services } from "../services.js";
import { type ApiKeyView, viewApiKey } from "./api-key-view.js";
import { auditOf } from "./audit.js";

/** What a new key is for. */
export interface CreateApiKeyInput {
  readonly name: string;
  /** Whom it acts as. Default: the caller. */
  readonly userId?: string | undefined;
  /** ISO 8601. Default: it does not expire. */
  readonly expiresAt?: string | undefined;
}

/**
 * Makes an API key. The answer is the only time that the key is shown.
 *
 * A key that expires makes none that outlives it: else whoever got hold of it could keep its rights for ever. An
 * administrator's may, because they manage the keys of all, and a tenant has to be able to renew its last one. It has the
 * roles that its user is given here, and none that a token of the user's brings.
 *
 * @throws {NotFoundError} when the tenant has no such user.
 * @throws {ValidationError} when it would have expired already, or would outlive the caller's.
 */
export async function createApiKey(
  services: Services,
  caller: Caller,
  { name, userId = caller.userId, expiresAt }: CreateApiKeyInput,
): Promise<ApiKeyView & { readonly key: string }> {
  await assertMayMakeKeys(services, caller, userId === caller.userId ? "api-keys.own" : "api-keys.all");
  const expiry = expiresAt === undefined ? undefined : new Date(expiresAt);
  if (expiry !== undefined) assertNotPast(expiry, services.clock.now());
  const { key, prefix, hash } = makeKey(services.random);
  using digester = await RowDigester.take(services, caller.tenantId);
  const row = await services.database.asTenant(caller.tenantId, async ({ apiKeys, auditEvents }) => {
    if (!isAllowed(caller.roles, "api-keys.all")) await assertEndsInTime(apiKeys, caller, expiry);
    const created = await apiKeys.create({ userId, name, prefix, hash, ...(expiry && { expiresAt: expiry }) });
    const details = { name, prefix, userId, ...digester.of("api_keys", created.id, { after: created }) };
    await auditEvents.append(
      auditOf(caller, {
        action: "api_key.created",
        targetType: "api_key",
        targetId: created.id,
        outcome: "success",
        details,
      }),
    );
    return created;
  });
  return { ...viewApiKey(row), key };
}

/**
 * Who comes with a token makes and rotates keys as an administrator only, their own too: a key would go on working when the
 * identity provider says nothing good of them any more.
 *
 * @throws {ApiError} `FORBIDDEN`.
 */
export async function assertMayMakeKeys(services: Services, caller: Caller, permission: KeyPermission): Promise<void> {
  if (caller.apiKeyId !== undefined) return assertAllowed(services, caller, permission);
  const why = "A key would outlive what your identity provider says of you, so an administrator has to make it.";
  return assertAllowed(services, caller, "api-keys.all", why);
}

type KeyPermission = "api-keys.own" | "api-keys.all";

/** @throws {ValidationError} when a key until `expiry` would have expired already. `now` in milliseconds. */
export function assertNotPast(expiry: Date, now: number): void {
  if (expiry.getTime() > now) return;
  throw new ValidationError("The key would have expired already.", [{ path: "expiresAt", message: "In the future." }]);
}

/** @throws {ValidationError} when a key until `expiry` would outlive the one that makes it. */
export async function assertEndsInTime(
  apiKeys: ApiKeyRepository,
  { apiKeyId }: Caller,
  expiry: Date | undefined,
): Promise<void> {
  if (apiKeyId === undefined) throw new Error("Who comes with a token makes keys as an administrator only.");
  const end = (await apiKeys.findById(apiKeyId))?.expiresAt;
  if (!end || (expiry !== undefined && expiry <= end)) return;
  const until = end.toISOString();
  throw new ValidationError(
    `A key may not outlive the key that makes it, which expires at ${until}. Give an expiresAt that is no later, or ask an administrator for the key.`,
    [{ path: "expiresAt", message: `At ${until} or before.` }],
  );
}
