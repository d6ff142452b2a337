import { givesContent, type Operation, takesContent } from "@isthmus/core";
import { listInputParameters } from "../content/index.js";
import { alternatives, schemaName, type TypedOperation } from "./typed-operation.js";

const jsonMediaType = "application/json";

/** The headers of an answer that is bytes. */
export const contentHeaders = {
  "Content-Disposition": {
    description: "`attachment`, with the file's name where there is one (RFC 6266).",
    schema: { type: "string" },
  },
};

/** What a success means, and how a failure in the middle of one shows. */
export function describeSuccess(typed: readonly TypedOperation[]): string {
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
export function describeParameters(typed: readonly TypedOperation[]): object[] {
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

/** The bodies of a request by media type: the input as JSON, or bytes. */
export function describeBodies(typed: readonly TypedOperation[]): object {
  const byType = Map.groupBy(typed, ({ operation }) => operation.consumes ?? jsonMediaType);
  const bodies = [...byType].map(([mediaType, group]) => {
    const isContent = group.some(({ operation }) => takesContent(operation));
    return [mediaType, { schema: isContent ? { type: "string", format: "binary" } : alternatives(group, "input") }];
  });
  return Object.fromEntries(bodies);
}

/** The outputs by media type. */
export function describeOutputs(typed: readonly TypedOperation[]): object {
  const byType = Map.groupBy(typed, ({ operation }) => operation.produces ?? jsonMediaType);
  return Object.fromEntries(
    [...byType].map(([mediaType, group]) => [mediaType, { schema: alternatives(group, "output") }]),
  );
}

function escapePointer(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}
