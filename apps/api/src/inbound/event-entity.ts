import { type ConnectorDefinition, isConnectorError } from "@isthmus/core";
import { readStoredConfiguration } from "../connectors/stored-configuration.js";
import type { EventReader, NewInboundEvent } from "../repositories/index.js";

/** What a connector reads for an event: an entity of its own, or nothing. */
export type EventEntity = (reader: EventReader, event: NewInboundEvent) => string | undefined;

/**
 * What connectors of a type read for an event that does not name their entity itself. `undefined` for a type whose events do.
 *
 * One configuration is read once, however many events a delivery has.
 */
export function eventEntityOf(definition: ConnectorDefinition): EventEntity | undefined {
  const { eventEntity } = definition;
  if (eventEntity === undefined) return undefined;
  const configurations = new Map<string, { readonly value: unknown } | undefined>();
  return (reader, event) => {
    if (!configurations.has(reader.id)) configurations.set(reader.id, read(definition, reader));
    const configuration = configurations.get(reader.id);
    return configuration && eventEntity(configuration.value, event);
  };
}

/** `undefined` where it does not fit any more: the delivery is stored all the same, and whoever uses the connector hears why. */
function read(definition: ConnectorDefinition, reader: EventReader): { readonly value: unknown } | undefined {
  try {
    return { value: readStoredConfiguration(definition, reader) };
  } catch (error) {
    if (isConnectorError(error) && error.code === "VALIDATION_FAILED") return undefined;
    throw error;
  }
}
