import { type ConnectorDefinition, givesContent, type Operation } from "@isthmus/core";
import { changesRecords } from "../actions/connector-operations.js";
import { documentedOperations } from "./documented-operations.js";
import { keyParameter, withKeyProblems } from "./idempotency.js";
import { toJsonSchema } from "./json-schema.js";
import {
  contentHeaders,
  describeBodies,
  describeOutputs,
  describeParameters,
  describeSuccess,
} from "./operation-media.js";
import { alternatives, type SchemaKind, schemaName, type TypedOperation } from "./typed-operation.js";

/**
 * Adds a path for each operation of the installed connectors. The schemas are components of their own, named
 * `{type}.{operation}.input`, `.output` and `.item` (one line of NDJSON), so that a generator gives each a name.
 */
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
  const components = readObject(document, "components");
  const schemas = { ...readObject(components, "schemas"), ...Object.fromEntries(all.flatMap(schemasOf)) };
  return {
    ...document,
    paths: { ...readObject(document, "paths"), ...Object.fromEntries(paths) },
    components: { ...components, schemas },
  };
}

function schemasOf(typed: TypedOperation): [string, object][] {
  const { input, output, stream } = typed.operation;
  const schemas: [SchemaKind, object][] = [
    ["input", toJsonSchema(input, "input")],
    ["output", toJsonSchema(output, "output")],
    ...(stream ? ([["item", toJsonSchema(stream.item, "output")]] satisfies [SchemaKind, object][]) : []),
  ];
  return schemas.map(([kind, schema]) => {
    const name = schemaName(typed, kind);
    // References inside a schema ("#/$defs/…") are read from its $id, and not from the root of this document.
    return [name, JSON.stringify(schema).includes('"$ref":') ? { $id: `urn:isthmus:${name}`, ...schema } : schema];
  });
}

function readObject(value: object, key: string): object {
  const inner: unknown = Reflect.get(value, key);
  return typeof inner === "object" && inner !== null ? inner : {};
}

/** Two types may have an operation of one name; OpenAPI knows a path only once, so its schemas are alternatives then. */
function describeOperation(name: string, typed: readonly TypedOperation[]): object {
  const { answering = [], running = [] } = Object.groupBy(typed, ({ operation }) =>
    operation.kind === "bulk" ? "running" : "answering",
  );
  // What only reads has no use for one.
  const takesKey = typed.some(({ operation }) => changesRecords(operation) && !givesContent(operation));
  const responses = {
    ...(answering.length > 0 && { 200: describeAnswer(answering) }),
    ...(running.length > 0 && { 202: describeRun(running) }),
    "4XX": problem("The request cannot be done, or the vendor refused it."),
    "5XX": problem("Isthmus, the vendor, or the way to it failed."),
  };
  return {
    tags: typed.map(({ definition }) => `${definition.type} operations`),
    operationId: `operation:${name}`,
    summary: typed
      .map(({ operation }) => operation.summary)
      .filter(isFirst)
      .join(" "),
    description: typed
      .map(
        ({ definition, operation }) =>
          `${definition.displayName}: ${operation.kind}, ${describeRepetition(operation)}.`,
      )
      .join(" "),
    parameters: [
      { name: "id", in: "path", required: true, schema: { type: "string", format: "uuid" } },
      ...describeParameters(typed),
      ...(takesKey ? [keyParameter] : []),
    ],
    requestBody: { required: true, content: describeBodies(typed) },
    responses: takesKey ? withKeyProblems(responses, problem("")) : responses,
  };
}

function describeRepetition({ idempotent, takesIdempotencyKey, takesKeyWith }: Operation): string {
  if (idempotent) return "idempotent";
  if (takesIdempotencyKey !== true) return "not idempotent";
  return takesKeyWith ? "idempotent by key with certain input" : "idempotent by key";
}

function describeAnswer(typed: readonly TypedOperation[]): object {
  const streams = typed.filter(({ operation }) => operation.stream !== undefined);
  return {
    description: describeSuccess(typed),
    ...(typed.some(({ operation }) => givesContent(operation)) && { headers: contentHeaders }),
    content: {
      ...describeOutputs(typed),
      ...(streams.length > 0 && { "application/x-ndjson": { schema: alternatives(streams, "item") } }),
    },
  };
}

/** The work goes on after the answer; where it is read, the result stands in the run. */
function describeRun(typed: readonly TypedOperation[]): object {
  const run = { $ref: "#/components/schemas/OperationRun" };
  return {
    description: "Begun. The operation run tells how far it is, and holds the output in the end.",
    headers: { Location: { description: "The operation run.", schema: { type: "string" } } },
    content: {
      "application/json": {
        schema: { allOf: [run, { type: "object", properties: { output: alternatives(typed, "output") } }] },
      },
    },
  };
}

function problem(description: string): object {
  return { description, content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } } };
}

function isFirst<Value>(value: Value, index: number, all: readonly Value[]): boolean {
  return all.indexOf(value) === index;
}
