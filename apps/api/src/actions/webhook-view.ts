import type { OpenDeliveries, WebhookDeliveryRow, WebhookEndpointRow } from "../repositories/index.js";

/** A webhook as it is answered: of its secrets, until when the one before signs as well. */
export function viewWebhook(row: WebhookEndpointRow, { pending, dead }: OpenDeliveries = { pending: 0, dead: 0 }) {
  const { id, url, description, isActive: active, failures, version, createdBy } = row;
  return {
    ...{ id, url, description },
    eventTypes: [...row.eventTypes],
    connectorIds: [...row.connectorIds],
    entities: [...row.entities],
    active,
    goneAt: row.goneAt?.toISOString() ?? null,
    previousSecretUntil: row.previousUntil?.toISOString() ?? null,
    health: {
      failures,
      failingSince: row.failingSince?.toISOString() ?? null,
      pausedUntil: row.notBefore?.toISOString() ?? null,
      ...{ pending, dead },
    },
    ...{ version, createdBy },
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** See {@link viewWebhook}. */
export type WebhookView = ReturnType<typeof viewWebhook>;

/** A webhook with a secret that was made just now: shown this once. */
export type WebhookWithSecret = WebhookView & { readonly secret: string };

/** One event for one webhook as it is answered: what became of it, not what it says. */
export function viewDelivery(row: WebhookDeliveryRow) {
  const { id, endpointId: webhookId, eventId, type, status, attempts, answerStatus, answer, failureCode } = row;
  return {
    ...{ id, webhookId, eventId, type, status, attempts },
    happenedAt: row.happenedAt.toISOString(),
    nextAttemptAt: status === "pending" ? row.dueAt.toISOString() : null,
    lastAttempt: row.lastAttemptAt && { at: row.lastAttemptAt.toISOString(), answerStatus, answer, failureCode },
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}

/** See {@link viewDelivery}. */
export type DeliveryView = ReturnType<typeof viewDelivery>;
