import { assertAllowed, type Caller } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import { changeSecrets, openSecrets, sealSecrets } from "../inbound/endpoint-secrets.js";
import type { InboundEndpointRow, SealedSecrets } from "../repositories/index.js";
import type { Services } from "../services.js";
import { assertSandbox } from "./assert-sandbox.js";
import { inboundAudit } from "./audit.js";
import { withConflicts } from "./database-conflicts.js";
import { findInboundEndpoint } from "./find-inbound-endpoint.js";
import { type InboundEndpointView, viewInboundEndpoint } from "./inbound-endpoint-view.js";

/** What an update changes; what is missing stays. */
export interface UpdateInboundEndpointInput {
  readonly name?: string | undefined;
  readonly active?: boolean | undefined;
  /** A new one, which comes first. */
  readonly secret?: string | undefined;
  /** Default true: deliveries signed with a former secret are taken as well. `false` leaves the newest alone. */
  readonly keepFormerSecrets?: boolean | undefined;
}

/**
 * Changes an inbound endpoint that is still at `expectedVersion`.
 *
 * @throws {NotFoundError}
 * @throws {ValidationError} when it would have too many secrets.
 * @throws {ApiError} `PRECONDITION_FAILED`, `APPROVAL_UNAVAILABLE`, `FORBIDDEN`.
 */
export async function updateInboundEndpoint(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number,
  input: UpdateInboundEndpointInput,
): Promise<InboundEndpointView> {
  await assertAllowed(services, caller, "inbound-endpoints.write");
  const { tenantId } = caller;
  const row = await findInboundEndpoint(services, tenantId, id);
  assertSandbox(row.environment);
  if (row.version !== expectedVersion) {
    throw new ApiError("PRECONDITION_FAILED", `The endpoint is at version ${row.version}. Read it again and repeat.`);
  }
  const secrets = await sealChange(services, row, input);
  const changes = {
    ...(input.name !== undefined && { name: input.name }),
    ...(input.active !== undefined && { isActive: input.active }),
    ...(secrets && { secrets }),
  };
  const updated = await withConflicts(() =>
    services.database.asTenant(tenantId, async ({ inboundEndpoints, auditEvents }) => {
      const changed = await inboundEndpoints.update(id, expectedVersion, changes);
      const fields = Object.keys(input).filter((field) => Reflect.get(input, field) !== undefined);
      const details = { fields, secretCount: changed.secretCount };
      await auditEvents.append(inboundAudit(caller, "inbound_endpoint.updated", id, details));
      return changed;
    }),
  );
  return viewInboundEndpoint(services, updated);
}

/** The secrets as they will be; `undefined` where they stay. */
async function sealChange(
  { vault }: Services,
  { tenantId, id, secrets }: InboundEndpointRow,
  { secret, keepFormerSecrets = true }: UpdateInboundEndpointInput,
): Promise<SealedSecrets | undefined> {
  if (secret === undefined && keepFormerSecrets) return undefined;
  // A new one that replaces all needs none of them: they may not open any more, their key lost.
  const present = keepFormerSecrets || secret === undefined ? await openSecrets(vault, tenantId, id, secrets) : [];
  return sealSecrets(vault, tenantId, id, changeSecrets(present, secret, keepFormerSecrets));
}
