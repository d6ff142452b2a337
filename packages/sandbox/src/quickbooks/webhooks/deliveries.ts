import type { RandomBytes } from "../../shared/clock.js";
import type { ChangeOperation, JsonObject, JsonValue, QuickbooksChange } from "../data/records.js";

/** CloudEvents is Intuit's form since 2026; `legacy` is `eventNotifications`. */
export type WebhookForm = "cloudevents" | "legacy";

/** A change that has its id, so that a repeated delivery says the same. */
export interface WebhookEvent extends QuickbooksChange {
  eventId: string;
}

/** The last word of a type but its version: `qbo.invoice.created.v1`. Only `created` was seen documented; the others are assumed. */
const pastTense: Readonly<Record<ChangeOperation, string>> = {
  Create: "created",
  Update: "updated",
  Delete: "deleted",
  Void: "voided",
  Emailed: "emailed",
};

/** Names a change. */
export function toWebhookEvent(change: QuickbooksChange, random: RandomBytes): WebhookEvent {
  return { ...change, eventId: Buffer.from(random(16)).toString("hex") };
}

/** The body of one delivery, which may hold the events of several companies. */
export function writeDelivery(events: readonly WebhookEvent[], form: WebhookForm): string {
  const body: JsonValue = form === "legacy" ? toNotifications(events) : events.map(toCloudEvent);
  return JSON.stringify(body);
}

function toCloudEvent({ eventId, realmId, entity, id, operation, time }: WebhookEvent): JsonObject {
  return {
    specversion: "1.0",
    id: eventId,
    source: "intuit.sandbox",
    type: `qbo.${entity.toLowerCase()}.${pastTense[operation]}.v1`,
    time: time.toISOString(),
    intuitentityid: id,
    intuitaccountid: realmId,
    data: {},
  };
}

function toNotifications(events: readonly WebhookEvent[]): JsonObject {
  const realms = [...new Set(events.map(({ realmId }) => realmId))];
  return {
    eventNotifications: realms.map((realmId) => ({
      realmId,
      dataChangeEvent: {
        entities: events
          .filter((event) => event.realmId === realmId)
          .map(({ entity, id, operation, time }) => ({
            name: entity,
            id,
            operation,
            lastUpdated: time.toISOString(),
          })),
      },
    })),
  };
}
