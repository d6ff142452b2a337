/** `Idempotency-Key` as the document describes it. */
export const keyHeaderSchema = {
  type: "string",
  minLength: 1,
  maxLength: 512,
  description:
    "A key of the caller's own for this request, such as a random UUID, quoted or bare: 1 to 255 printable ASCII characters. Sent again with the same key within 24 hours, it is not done again, and is answered as the first time, with `Idempotency-Replayed: true`.",
  examples: ["8e03978e-40d5-43dd-bc93-6894a57f9324"],
};

/** The same as a parameter. */
export const keyParameter = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: keyHeaderSchema.description,
  schema: { type: "string", minLength: 1, maxLength: 512 },
};

const problems = {
  409: "The same request is being done (`IDEMPOTENCY_KEY_IN_USE`, with `Retry-After`), or what it is about stands against it.",
  422: "Another request came with this Idempotency-Key first (`IDEMPOTENCY_KEY_REUSED`), or it cannot be done.",
} as const;

/** Adds to the responses of a request what its key may be answered with, in the form of its other problems. */
export function withKeyProblems<Responses extends object>(responses: Responses, problem: object): Responses {
  const entries = Object.entries(problems).map(([status, description]) => [status, { ...problem, description }]);
  return { ...Object.fromEntries(entries), ...responses };
}

/** Adds the header and its answers to the JSON schemas of a route. */
export function withKeyHeader<Schema extends object>(schema: Schema): Schema {
  const headers = readObject(schema, "headers");
  const response = readObject(schema, "response");
  const properties = { ...readObject(headers, "properties"), "Idempotency-Key": keyHeaderSchema };
  return {
    ...schema,
    headers: { type: "object", ...headers, properties },
    response: withKeyProblems(response, readObject(response, "4xx")),
  };
}

function readObject(value: object, key: string): object {
  const inner: unknown = Reflect.get(value, key);
  return typeof inner === "object" && inner !== null ? inner : {};
}
