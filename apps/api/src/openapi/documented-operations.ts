import type { ConnectorDefinition, Operation } from "@isthmus/core";

/**
 * What a type can do with its example configuration. A type that needs one and gives none cannot tell before it is
 * configured; its operations are then listed for each connector only.
 */
export function documentedOperations(definition: ConnectorDefinition): readonly Operation[] {
  const configuration = definition.configuration.safeParse(definition.exampleConfiguration ?? {});
  return configuration.success ? definition.operations(configuration.data) : [];
}
