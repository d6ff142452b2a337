import { randomUUID } from "node:crypto";
import { coerceValue } from "../data/coerce.js";
import { parseRecord } from "../data/record-input.js";
import { toSalesforceDateTime } from "../data/time.js";
import { invalidField, SalesforceError } from "../errors.js";
import { makeId } from "../ids.js";
import type { RestTable } from "../rest/rest-table.js";
import type { FieldDefinition } from "../schema/definitions.js";
import { checkbox, decimal, field, text } from "../schema/field-builders.js";
import type { SalesforceState } from "../state.js";
import { schemaIdOf } from "./change-payload.js";

/** What is known of a platform event. */
export interface PlatformEvent {
  /** Such as `Shipment__e`. */
  name: string;
  fields: readonly FieldDefinition[];
}

/** The platform events that the organisation has defined. */
export const platformEvents: readonly PlatformEvent[] = [
  {
    name: "Shipment__e",
    fields: [
      text("Order_Number__c", 40, { nillable: false, label: "Order Number" }),
      text("Carrier__c", 80),
      decimal("Weight__c", "double", 10, 3),
      checkbox("Delivered__c"),
      field("Delivered_At__c", "datetime"),
    ],
  },
];

/**
 * Adds publishing an event by creating it, as if it were a record.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.platform_events.meta/platform_events/platform_events_publish_api.htm
 */
export function addPlatformEventRoutes(table: RestTable, state: SalesforceState): void {
  let sequence = 0;
  for (const event of platformEvents) {
    table.add("POST", `/sobjects/${event.name}`, (call) => {
      const uuid = publishPlatformEvent(state, event, parseRecord(call.text).record, call.userId);
      sequence += 1;
      // Publishing is only taken note of: "errors" carries the event's UUID, not an error.
      const errors = [{ statusCode: "OPERATION_ENQUEUED", message: uuid, fields: [] }];
      return { status: 201, body: { id: makeId("e01", sequence), success: true, errors } };
    });
  }
}

/** Publishes an event and gives its UUID. @throws {SalesforceError} for fields it does not have, or lacks. */
export function publishPlatformEvent(
  state: SalesforceState,
  event: PlatformEvent,
  given: Record<string, unknown>,
  userId: string,
): string {
  const createdDate = toSalesforceDateTime(state.clock()).replace("+0000", "Z");
  const payload: Record<string, unknown> = { CreatedById: userId, CreatedDate: createdDate };
  for (const name of Object.keys(given)) {
    const known = event.fields.some((one) => one.name.toLowerCase() === name.toLowerCase());
    if (!known && name !== "attributes")
      throw invalidField(`No such column '${name}' on sobject of type ${event.name}`);
  }
  for (const definition of event.fields) {
    const [, value] =
      Object.entries(given).find(([name]) => name.toLowerCase() === definition.name.toLowerCase()) ?? [];
    payload[definition.name] =
      value === undefined ? definition.defaultValue : coerceValue(definition, value, "[line:1, column:1]");
  }
  const missing = event.fields
    .filter(({ nillable, name }) => !nillable && payload[name] === null)
    .map(({ name }) => name);
  if (missing.length > 0) {
    throw new SalesforceError(
      400,
      "REQUIRED_FIELD_MISSING",
      `Required fields are missing: [${missing.join(", ")}]`,
      missing,
    );
  }
  const uuid = randomUUID();
  state.streaming.bus.publish([`/event/${event.name}`], schemaIdOf(event), payload, uuid);
  return uuid;
}
