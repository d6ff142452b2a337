import type { ConnectorDefinition, Operation } from "@isthmus/core";
import { documentedOperations } from "./documented-operations.js";
import { toJsonSchema } from "./json-schema.js";

interface TypedOperation {
  readonly definition: ConnectorDefinition;
  readonly operation: Operation;
}

/** Adds a path for each operation of each installed connector, with its own input and output schema. */
export function addOperationPaths<Document extends object>(
  document: Document,
  definitions: readonly ConnectorDefinition[],
): Document {
  const all = definitions.flatMap((definition) =>
    documentedOperations(definition).map((operation) => ({ definition, operation })),
  );
  const byName = Map.groupBy(all, ({ operation }) => operation.name);
  const paths = [...byName].map(([name, typed]) => [
    `/v1/connectors/{id}/operations/${name}`,
    { post: describeOperation(name, typed) },
  ]);
  const present: unknown = "paths" in document ? document.paths : {};
  return { ...document, paths: { ...(present as object), ...Object.fromEntries(paths) } };
}

/** Two types may have an operation of one name; OpenAPI knows a path only once, so its schemas are alternatives then. */
function describeOperation(name: string, typed: readonly TypedOperation[]): object {
  const streams = typed.filter(({ operation }) => operation.stream !== undefined);
  return {
    tags: typed.map(({ definition }) => `${definition.type} operations`),
    operationId: `operation:${name}`,
    summary: typed
      .map(({ operation }) => operation.summary)
      .filter(isFirst)
      .join(" "),
    description: typed
      .map(
        ({ definition, operation: { kind, idempotent } }) =>
          `${definition.displayName}: ${kind}, ${idempotent ? "idempotent" : "not idempotent"}.`,
      )
      .join(" "),
    parameters: [{ name: "id", in: "path", required: true, schema: { type: "string", format: "uuid" } }],
    requestBody: {
      required: true,
      content: {
        "application/json": { schema: alternatives(typed, ({ operation }) => toJsonSchema(operation.input, "input")) },
      },
    },
    responses: {
      200: {
        description:
          streams.length > 0
            ? 'Done. As NDJSON, a failure in the middle ends with the line `{"error": Problem}` and a cut connection.'
            : "Done.",
        content: {
          "application/json": {
            schema: alternatives(typed, ({ operation }) => toJsonSchema(operation.output, "output")),
          },
          ...(streams.length > 0 && {
            "application/x-ndjson": {
              schema: alternatives(streams, ({ operation }) =>
                operation.stream ? toJsonSchema(operation.stream.item, "output") : {},
              ),
            },
          }),
        },
      },
      "4XX": problem("The request cannot be done, or the vendor refused it."),
      "5XX": problem("Isthmus, the vendor, or the way to it failed."),
    },
  };
}

function alternatives(typed: readonly TypedOperation[], toSchema: (each: TypedOperation) => object): object {
  const schemas = typed.map((each) => ({ title: each.definition.displayName, ...toSchema(each) }));
  const [only, ...others] = schemas;
  return only !== undefined && others.length === 0 ? only : { anyOf: schemas };
}

function problem(description: string): object {
  return { description, content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } } };
}

function isFirst<Value>(value: Value, index: number, all: readonly Value[]): boolean {
  return all.indexOf(value) === index;
}
