import type { OutgoingEvent } from "@isthmus/core";
import { Webhook } from "standardwebhooks";
import type { WebhookSecrets } from "./webhook-secrets.js";

/** The body of an event. What it says goes through as text: parsed, its numbers would lose digits. */
export function writeBody({ id, tenantId, type, happenedAt, data }: OutgoingEvent): string {
  const head = JSON.stringify({ id, type, timestamp: happenedAt.toISOString(), tenantId });
  return `${head.slice(0, -1)},"data":${data}}`;
}

/** When and as what a body is sent. */
export interface Sending {
  /** The same with each try, so that a receiver knows what it has already. */
  readonly messageId: string;
  readonly atMs: number;
  readonly secrets: WebhookSecrets;
  /** Whether the secret before signs as well. */
  readonly previousSigns: boolean;
}

/** The headers that prove a body. @see https://www.standardwebhooks.com */
export function signBody(body: string, { messageId, atMs, secrets, previousSigns }: Sending): Record<string, string> {
  const { current, previous } = secrets;
  const at = new Date(Math.floor(atMs / 1_000) * 1_000);
  const signing = previousSigns && previous !== undefined ? [current, previous] : [current];
  return {
    "content-type": "application/json",
    "webhook-id": messageId,
    "webhook-timestamp": String(at.getTime() / 1_000),
    "webhook-signature": signing.map((secret) => new Webhook(secret).sign(messageId, at, body)).join(" "),
  };
}
