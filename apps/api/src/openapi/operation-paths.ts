import { type ConnectorDefinition, givesContent, type Operation, takesContent } from "@isthmus/core";
import { listInputParameters } from "../content/index.js";
import { documentedOperations } from "./documented-operations.js";
import { toJsonSchema } from "./json-schema.js";

interface TypedOperation {
  readonly definition: ConnectorDefinition;
  readonly operation: Operation;
}

type SchemaKind = "input" | "output" | "item";

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

function schemaName({ definition, operation }: TypedOperation, kind: SchemaKind): string {
  return `${definition.type}.${operation.name}.${kind}`;
}

function readObject(value: object, key: string): object {
  const inner: unknown = Reflect.get(value, key);
  return typeof inner === "object" && inner !== null ? inner : {};
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
    parameters: [
      { name: "id", in: "path", required: true, schema: { type: "string", format: "uuid" } },
      ...describeParameters(typed),
    ],
    requestBody: { required: true, content: describeBodies(typed) },
    responses: {
      200: {
        description: describeSuccess(typed),
        ...(typed.some(({ operation }) => givesContent(operation)) && { headers: contentHeaders }),
        content: {
          ...describeOutputs(typed),
          ...(streams.length > 0 && { "application/x-ndjson": { schema: alternatives(streams, "item") } }),
        },
      },
      "4XX": problem("The request cannot be done, or the vendor refused it."),
      "5XX": problem("Isthmus, the vendor, or the way to it failed."),
    },
  };
}

const jsonMediaType = "application/json";

const contentHeaders = {
  "Content-Disposition": {
    description: "`attachment`, with the file's name where there is one (RFC 6266).",
    schema: { type: "string" },
  },
};

function describeSuccess(typed: readonly TypedOperation[]): string {
  const some = (has: (operation: Operation) => boolean) => typed.some(({ operation }) => has(operation));
  return [
    "Done.",
    ...(some(({ stream }) => stream !== undefined)
      ? ['As NDJSON, a failure in the middle ends with the line `{"error": Problem}` and a cut connection.']
      : []),
    ...(some(givesContent) ? ["A failure after the first byte cuts the connection."] : []),
  ].join(" ");
}

/** The input of an operation that takes bytes stands in the query. Where another type wants it in the body, it may be left out. */
function describeParameters(typed: readonly TypedOperation[]): object[] {
  const parameters = typed
    .filter(({ operation }) => takesContent(operation))
    .flatMap((each) => listInputParameters(each.operation).map((parameter) => ({ parameter, each })));
  return [...Map.groupBy(parameters, ({ parameter }) => parameter.name)].map(([name, group]) => {
    const schemas = group.map(({ parameter, each }) =>
      JSON.stringify(parameter.schema).includes('"$ref":')
        ? { $ref: `#/components/schemas/${schemaName(each, "input")}/properties/${escapePointer(name)}` }
        : parameter.schema,
    );
    const [only, ...others] = schemas;
    const schema = only !== undefined && others.length === 0 ? only : { anyOf: schemas };
    const isJson = group.some(({ parameter }) => parameter.form === "json");
    return {
      name,
      in: "query",
      required: group.length === typed.length && group.every(({ parameter }) => parameter.required),
      ...(isJson ? { content: { [jsonMediaType]: { schema } } } : { schema }),
    };
  });
}

function describeBodies(typed: readonly TypedOperation[]): object {
  const byType = Map.groupBy(typed, ({ operation }) => operation.consumes ?? jsonMediaType);
  const bodies = [...byType].map(([mediaType, group]) => {
    const isContent = group.some(({ operation }) => takesContent(operation));
    return [mediaType, { schema: isContent ? { type: "string", format: "binary" } : alternatives(group, "input") }];
  });
  return Object.fromEntries(bodies);
}

function describeOutputs(typed: readonly TypedOperation[]): object {
  const byType = Map.groupBy(typed, ({ operation }) => operation.produces ?? jsonMediaType);
  return Object.fromEntries(
    [...byType].map(([mediaType, group]) => [mediaType, { schema: alternatives(group, "output") }]),
  );
}

function escapePointer(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}

function alternatives(typed: readonly TypedOperation[], kind: SchemaKind): object {
  const references = typed.map((each) => ({ $ref: `#/components/schemas/${schemaName(each, kind)}` }));
  const [only, ...others] = references;
  return only !== undefined && others.length === 0 ? only : { anyOf: references };
}

function problem(description: string): object {
  return { description, content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } } };
}

function isFirst<Value>(value: Value, index: number, all: readonly Value[]): boolean {
  return all.indexOf(value) === index;
}
