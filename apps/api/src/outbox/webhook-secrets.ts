import type { Random, SealContext, Vault } from "@isthmus/core";
import { z } from "zod";
import type { JsonObject } from "../repositories/index.js";

/** Bytes of a secret: Standard Webhooks say 24 to 64. */
const secretBytes = 32;

const secretsSchema = z.object({ current: z.string(), previous: z.string().optional() });

/** The secret that signs, and the one before it, each as receivers are given it: `whsec_` and base64. */
export type WebhookSecrets = z.infer<typeof secretsSchema>;

/** Where the sealed secrets of a webhook live: the value opens there and nowhere else. */
export function webhookSecretsPlace(tenantId: string, endpointId: string): SealContext {
  return { tenantId, table: "webhook_endpoints", recordId: endpointId, field: "secrets" };
}

/** A new secret. @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export function makeWebhookSecret(random: Random): string {
  return `whsec_${random.bytes(secretBytes).toString("base64")}`;
}

/** Secrets as they are stored. */
export function sealWebhookSecrets(vault: Vault, tenantId: string, endpointId: string, secrets: WebhookSecrets) {
  return vault.seal(secrets, webhookSecretsPlace(tenantId, endpointId));
}

/** The secrets of a webhook. @throws {ConnectorError} `KEY_UNAVAILABLE` and the like, where they do not open. */
export async function openWebhookSecrets(
  vault: Vault,
  tenantId: string,
  endpointId: string,
  sealed: JsonObject,
): Promise<WebhookSecrets> {
  const opened = await vault.open(sealed, webhookSecretsPlace(tenantId, endpointId));
  return secretsSchema.parse(opened, { reportInput: false });
}
