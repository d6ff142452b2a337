import { ValidationError, type Vault } from "@isthmus/core";
import { z } from "zod";
import type { JsonObject, SealedSecrets } from "../repositories/index.js";
import { inboundSecretsPlace } from "./sealed-places.js";

/** How many secrets an endpoint may have at once: every delivery is tried with each. */
const mostSecrets = 5;

const secretsSchema = z.array(z.string().min(1));

/** The secrets of an endpoint, the newest first. */
export async function openSecrets(
  vault: Vault,
  tenantId: string,
  endpointId: string,
  sealed: JsonObject | null,
): Promise<readonly string[]> {
  if (sealed === null) return [];
  return secretsSchema.parse(await vault.open(sealed, inboundSecretsPlace(tenantId, endpointId)), {
    reportInput: false,
  });
}

/** Secrets as they are stored; `undefined` of none. */
export async function sealSecrets(
  vault: Vault,
  tenantId: string,
  endpointId: string,
  secrets: readonly string[],
): Promise<SealedSecrets | undefined> {
  if (secrets.length === 0) return undefined;
  return { sealed: await vault.seal(secrets, inboundSecretsPlace(tenantId, endpointId)), count: secrets.length };
}

/**
 * What the secrets become by a change.
 *
 * @param secret - A new one, which comes first.
 * @param keepFormer - Whether the others stay. Without a new one, the newest stays in any case.
 * @throws {ValidationError} when there would be too many.
 */
export function changeSecrets(
  present: readonly string[],
  secret: string | undefined,
  keepFormer: boolean,
): readonly string[] {
  const ordered = secret === undefined ? present : [secret, ...present.filter((each) => each !== secret)];
  const kept = keepFormer ? ordered : ordered.slice(0, 1);
  if (kept.length <= mostSecrets) return kept;
  throw new ValidationError(`An endpoint has ${mostSecrets} secrets at the most. Let the former ones go.`, [
    { path: "keepFormerSecrets", message: "Has to be false." },
  ]);
}
