import type { InboundEvent } from "@isthmus/core";
import type { IdocSettings } from "../../options/idoc-options.js";

/**
 * The entity to read when an IDoc has come: that of its message type with its basic type and extension, without the extension, or
 * of the message type alone, the first of these that is configured.
 *
 * @param event - As `idocInbound` makes them: `entity` is the message type, `type` the basic type and its extension.
 */
export function findEntityOfIdoc(
  entities: IdocSettings["entities"],
  { entity: messageType, type }: Pick<InboundEvent, "entity" | "type">,
): string | undefined {
  // Names of customers and partners may have slashes themselves: /NSP/ORDERS.
  const parts = type.split("/");
  for (let length = parts.length; length >= 0; length -= 1) {
    const name = [messageType, ...parts.slice(0, length)].join("/");
    // A document may name anything, `constructor` included.
    if (Object.hasOwn(entities, name)) return entities[name];
  }
  return undefined;
}
