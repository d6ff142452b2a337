import type { ConnectorDefinition, Operation } from "@isthmus/core";

/**
 * What a type can do with its default configuration. A type whose configuration has fields without a default cannot tell
 * before it is configured; its operations are then listed for each connector only.
 */
export function documentedOperations(definition: ConnectorDefinition): readonly Operation[] {
  const field: string | undefined = definition.externalSystemUrlField;
  // The address never decides what can be done, so a type that only lacks that one is given one of its own hosts.
  const candidates = [{}, ...(field === undefined ? [] : [{ [field]: "https://example.com" }])];
  for (const candidate of candidates) {
    const configuration = definition.configuration.safeParse(candidate);
    if (configuration.success) return definition.operations(configuration.data);
  }
  return [];
}
