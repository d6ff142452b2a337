import type { ConnectorDefinition, Operation } from "@isthmus/core";

/** An operation of a type: several types may have one of the same name. */
export interface TypedOperation {
  readonly definition: ConnectorDefinition;
  readonly operation: Operation;
}

/** Which schema of an operation. */
export type SchemaKind = "input" | "output" | "item";

/** Name of the component that holds a schema. */
export function schemaName({ definition, operation }: TypedOperation, kind: SchemaKind): string {
  return `${definition.type}.${operation.name}.${kind}`;
}

/** A schema that is one of several types' own. */
export function alternatives(typed: readonly TypedOperation[], kind: SchemaKind): object {
  const references = typed.map((each) => ({ $ref: `#/components/schemas/${schemaName(each, kind)}` }));
  const [only, ...others] = references;
  return only !== undefined && others.length === 0 ? only : { anyOf: references };
}
