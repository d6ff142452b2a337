import { NotFoundError, type Signer, ValidationError } from "@isthmus/core";
import { sealAudit } from "../audit/seal-audit.js";
import { assertDeletable } from "../deletion/deletion-rule.js";
import { emptyConnectors } from "../deletion/empty-connectors.js";
import type { PlatformRequest } from "../repositories/index.js";
import type { Services } from "../services.js";
import { cancelRuns } from "./cancel-runs.js";
import { revokeGrants } from "./revoke-grants.js";

/** What is to be deleted. */
export interface DeleteTenantInput {
  readonly tenantId: string;
  /** Its name, repeated by hand: a slip of the finger in an id must not delete a tenant. */
  readonly name: string;
  /** How long vendors may be asked to end runs, for half of it, and revoke grants, in milliseconds. Default 20 000. */
  readonly revokeWithinMs?: number;
}

/**
 * Deletes a tenant for good: closes it, ends its operation runs and gives its grants back at the vendors as far as that is
 * possible in time, then destroys its data keys and all of its rows but its audit. What was sealed does not open any more, wherever a copy is,
 * unless a copy of the wrapped data key is beside it.
 *
 * One that fails half-way leaves a tenant that nobody can sign in to, its connectors switched off: delete it again.
 *
 * @throws {NotFoundError}
 * @throws {ApiError} what a deletion rule refuses with. Nothing was done then.
 * @throws {ValidationError} when the name is another.
 */
export async function deleteTenant(
  services: Services,
  { id, ip }: PlatformRequest,
  { tenantId, name, revokeWithinMs = 20_000 }: DeleteTenantInput,
) {
  const { database, deletionRules, pool, vault, metrics, logger } = services;
  const tenant = await database.asTenant(tenantId, (work) => work.tenant.find());
  if (tenant === undefined) throw notThere();
  if (tenant.name !== name) {
    throw new ValidationError("This tenant has another name. Nothing was deleted.", [
      { path: "name", message: "The tenant's name, exactly." },
    ]);
  }
  await database.asTenant(tenantId, async (work) => {
    await work.apiKeys.revokeAll();
    await work.identityProviders.disableAll();
    await work.inboundEndpoints.deactivateAll();
    await work.connectors.deactivateAll();
    // With all rows locked, as the rules ask for. From here on nothing is made that they would look for.
    await assertDeletable(deletionRules, work, { kind: "tenant" });
  });
  pool.dropTenant(tenantId);
  const late = AbortSignal.timeout(revokeWithinMs);
  // While there is still a grant to do it with; one vendor that says nothing must not keep the grants of all from being revoked.
  const operationRuns = await cancelRuns(services, tenantId, AbortSignal.timeout(revokeWithinMs / 2));
  const grants = await revokeGrants(services, tenantId, late);
  await emptyConnectors(services, { tenantId });
  const signer = await takeAuditSigner(services, tenantId);
  const deleted = await database.asSystem(({ tenants }) => tenants.delete(tenantId, grants, { id, ip }));
  if (deleted === undefined) throw notThere();
  if (signer) await sealLast(services, tenantId, signer);
  pool.dropTenant(tenantId);
  vault.dropKeys(tenantId);
  metrics.forgetTenant(tenantId);
  const { dataKeys, connectors } = deleted;
  logger.info({ tenantId, dataKeys, connectors }, "A tenant was deleted");
  return { tenant: { id: tenantId, name }, dataKeys, connectors, operationRuns, grants };
}

/** The key that the audit is signed with goes with the tenant; what was done last is still to be signed. */
async function takeAuditSigner(services: Services, tenantId: string): Promise<Signer | undefined> {
  const { vault, logger } = services;
  try {
    // While an older key is there to hand over.
    await sealAudit(services, tenantId);
    return await vault.signer(tenantId, "audit");
  } catch (error) {
    logger.error({ tenantId, err: error }, "The end of a tenant's audit cannot be signed any more");
    return undefined;
  }
}

/** The tenant is deleted, whatever becomes of this. */
async function sealLast(services: Services, tenantId: string, signer: Signer): Promise<void> {
  try {
    await sealAudit(services, tenantId, { signer });
  } catch (error) {
    services.logger.error({ tenantId, err: error }, "The end of a deleted tenant's audit was not sealed");
  }
}

function notThere(): NotFoundError {
  return new NotFoundError("There is no such tenant.");
}
