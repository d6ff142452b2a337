import { z } from "zod";

/** A JSON Schema as the document has it. */
export type JsonSchema = { readonly [key: string]: unknown };

/** One operation of an OpenAPI document. */
export interface DocumentedCall {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  /** Names of the security schemes; empty = open to anybody. */
  readonly security: readonly string[];
  readonly parameters: readonly DocumentedParameter[];
  readonly body: JsonSchema | undefined;
  /** Media type of a body that is no JSON. */
  readonly consumes: string | undefined;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: JsonSchema }>> }>>;
}

/** A part of the path, the query or the headers. */
export interface DocumentedParameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

/** As much of an OpenAPI document as its calls need. */
// biome-ignore lint/suspicious/noExplicitAny: a document is read here field by field, and the tests prove it
export type ApiDocument = any;

/** Every call of a document, references in its schemas replaced by what they refer to. */
export function listCalls(document: ApiDocument): DocumentedCall[] {
  const methods = ["get", "post", "patch", "put", "delete"];
  return Object.entries<ApiDocument>(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const call = item[method];
      if (call === undefined) return [];
      const security = (call.security ?? document.security).flatMap((each: object) => Object.keys(each));
      const { operationId } = call;
      // A value that is written as JSON has its schema one level deeper.
      const flat = (call.parameters ?? []).map((each: ApiDocument) => ({
        ...each,
        schema: each.schema ?? each.content["application/json"].schema,
      }));
      const parameters = inline(document, flat) as DocumentedCall["parameters"];
      const bodies = call.requestBody?.content ?? {};
      const body = inline(document, bodies["application/json"]?.schema) as JsonSchema | undefined;
      const consumes = body === undefined ? Object.keys(bodies)[0] : undefined;
      const responses = inline(document, call.responses) as DocumentedCall["responses"];
      return [{ method: method.toUpperCase(), path, operationId, security, parameters, body, consumes, responses }];
    }),
  );
}

/** What the document says of an answer of this status; `undefined` when it says nothing. */
export function responseOf({ responses }: DocumentedCall, status: number) {
  const range = `${Math.floor(status / 100)}xx`;
  const key = Object.keys(responses).find((each) => each === String(status) || each.toLowerCase() === range);
  return key === undefined ? undefined : responses[key];
}

const types = new WeakMap<JsonSchema, z.ZodType>();

/** What is wrong with `value` by `schema`; empty when it fits. */
export function findMisfits(schema: JsonSchema, value: unknown): string[] {
  const type = types.get(schema) ?? z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  types.set(schema, type);
  const result = type.safeParse(value);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

function inline(document: ApiDocument, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => inline(document, each));
  if (typeof value !== "object" || value === null) return value;
  const reference = (value as { $ref?: unknown }).$ref;
  if (typeof reference === "string") {
    return inline(document, document.components.schemas[reference.replace("#/components/schemas/", "")]);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inline(document, inner)]));
}
