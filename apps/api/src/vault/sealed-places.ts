import type { SealContext } from "@isthmus/core";
import { authorizationPlace } from "../actions/oauth-session.js";
import { changePlace } from "../approval/sealed-change.js";
import { credentialsPlace } from "../connectors/credentials-place.js";
import { deliveryPlace, inboundSecretsPlace } from "../inbound/sealed-places.js";
import { webhookSecretsPlace } from "../outbox/webhook-secrets.js";
import { runWorkPlace } from "../runs/run-work.js";
import { tokensPlace } from "../tokens/tokens-place.js";

const places = {
  credentials: credentialsPlace,
  tokens: tokensPlace,
  authorizations: authorizationPlace,
  inbound_secrets: inboundSecretsPlace,
  deliveries: deliveryPlace,
  operation_runs: runWorkPlace,
  change_requests: changePlace,
  webhook_secrets: webhookSecretsPlace,
} as const satisfies Record<string, (tenantId: string, recordId: string) => SealContext>;

/** What the service stores sealed. */
export type SealedKind = keyof typeof places;

/** Where the sealed value of a record lives: it opens there and nowhere else. */
export function placeOfSealedValue(kind: SealedKind, tenantId: string, recordId: string): SealContext {
  return places[kind](tenantId, recordId);
}
