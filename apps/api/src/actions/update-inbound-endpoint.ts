import { diffSettings } from "../approval/diff.js";
import { inboundEndpointUpdate } from "../approval/kinds/inbound-endpoint-update.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { changeSecrets, openSecrets } from "../inbound/endpoint-secrets.js";
import type { ChangeDiffEntry, InboundEndpointRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { assertVersion } from "./assert-version.js";
import { findInboundEndpoint } from "./find-inbound-endpoint.js";
import { type InboundEndpointView, viewInboundEndpoint } from "./inbound-endpoint-view.js";
import { type ChangeOutcome, submitChange } from "./submit-change.js";

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
 * Changes an inbound endpoint that is still at `expectedVersion`, or asks for the change where it is one of production.
 *
 * @param emergency - See {@link submitChange}.
 * @throws {NotFoundError}
 * @throws {ValidationError} when it would have too many secrets.
 * @throws {ApiError} `PRECONDITION_FAILED`, `EMERGENCY_UNCONFIRMED`, `FORBIDDEN`.
 */
export async function updateInboundEndpoint(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number,
  input: UpdateInboundEndpointInput,
  emergency?: string,
): Promise<ChangeOutcome<InboundEndpointView>> {
  await assertAllowed(services, caller, "inbound-endpoints.write");
  const row = await findInboundEndpoint(services, caller.tenantId, id);
  assertVersion("endpoint", row, expectedVersion);
  const secrets = await changedSecrets(services, row, input);
  const outcome = await submitChange(
    services,
    caller,
    {
      kind: inboundEndpointUpdate,
      target: { type: "inbound_endpoint", id, version: expectedVersion },
      targetName: row.name,
      connectorType: row.connectorType,
      change: {
        fields: Object.keys(input).filter((field) => Reflect.get(input, field) !== undefined),
        settings: {
          ...(input.name !== undefined && { name: input.name }),
          ...(input.active !== undefined && { isActive: input.active }),
        },
        ...(secrets && { secrets: [...secrets] }),
      },
      diff: describe(row, input),
      isProduction: row.environment === "production",
    },
    emergency,
  );
  if (outcome.outcome === "requested") return outcome;
  return { ...outcome, result: viewInboundEndpoint(services, outcome.result) };
}

/** The secrets as they will be; `undefined` where they stay. */
async function changedSecrets(
  { vault }: Services,
  { tenantId, id, secrets }: InboundEndpointRow,
  { secret, keepFormerSecrets = true }: UpdateInboundEndpointInput,
): Promise<readonly string[] | undefined> {
  if (secret === undefined && keepFormerSecrets) return undefined;
  // A new one that replaces all needs none of them: they may not open any more, their key lost.
  const present = keepFormerSecrets || secret === undefined ? await openSecrets(vault, tenantId, id, secrets) : [];
  return changeSecrets(present, secret, keepFormerSecrets);
}

function describe(
  { name, isActive, secretCount }: InboundEndpointRow,
  { name: newName = name, active = isActive, secret, keepFormerSecrets = true }: UpdateInboundEndpointInput,
): readonly ChangeDiffEntry[] {
  const former = secret === undefined ? secretCount - 1 : secretCount;
  return [
    ...diffSettings({ name, active: isActive }, { name: newName, active }),
    ...(secret === undefined ? [] : [{ path: "secret", change: "added" } as const]),
    ...(keepFormerSecrets || former <= 0 ? [] : [{ path: "formerSecrets", change: "removed" } as const]),
  ];
}
