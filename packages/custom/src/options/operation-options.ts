import { z } from "zod";
import { findHeaderNameProblem } from "../requests/header-names.js";
import { placesOf } from "../requests/template.js";
import { certainFieldsOf, fieldsOf } from "../schemas/compile-schema.js";
import { inputSchemaOption, jsonSchemaOption } from "./json-schema-option.js";
import { pointerOption } from "./pointer-option.js";
import { bodyOption, headersOption, methodOption, pathOption, queryOption, textsOf } from "./request-options.js";

const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** One thing that the connector can do. */
export const operationOption = z
  .strictObject({
    name: z
      .string()
      .max(100)
      .regex(/^[a-z][a-zA-Z0-9]*(\.[a-z][a-zA-Z0-9]*)*$/, "must be dotted names such as customers.create")
      .meta({ description: "Unique, dotted, beginning with a lower-case letter.", examples: ["customers.create"] }),
    summary: z.string().min(1).max(500).meta({ description: "One sentence for people." }),
    kind: z
      .enum(["read", "write"])
      .meta({ description: "Whether it changes something. Writes need more rights and are audited." }),
    method: methodOption,
    path: pathOption,
    query: queryOption,
    headers: headersOption,
    body: bodyOption.optional(),
    input: inputSchemaOption
      .default({ type: "object", properties: {} })
      .meta({ description: "JSON Schema of the input, an object. Fields that it does not name are refused." }),
    output: jsonSchemaOption.optional().meta({
      description:
        "JSON Schema of the result, proven at each call. Left out, the answer is not read and the result is {}.",
    }),
    result: pointerOption
      .default("")
      .meta({ description: "Where in the answer the result is (JSON Pointer).", examples: ["/data"] }),
    idempotent: z.boolean().optional().meta({
      description: "Whether calling twice has the effect of calling once. Default: by the method; a read always has.",
    }),
    idempotencyHeader: z
      .string()
      .max(200)
      .optional()
      .meta({
        description:
          "Header by which the API recognises a repetition. A write that has one is repeated after a lost answer, under the same key.",
        examples: ["Idempotency-Key"],
      }),
    reconcile: z.string().min(1).max(500).optional().meta({
      description: "How a person looks up the result of a write whose answer was lost.",
    }),
  })
  .superRefine((operation, context) => {
    const report = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
    const { kind, idempotent, idempotencyHeader, method, body, headers, input } = operation;
    if (kind === "read" && idempotent === false) report(["idempotent"], "cannot be false for a read");
    if (body && (method === "GET" || method === "HEAD")) report(["body"], `cannot be sent with ${method}`);
    if (idempotencyHeader !== undefined) {
      const taken = Object.keys(headers).some((name) => name.toLowerCase() === idempotencyHeader.toLowerCase());
      const problem = findHeaderNameProblem(idempotencyHeader) ?? (taken ? "is among the headers already" : undefined);
      if (problem !== undefined) report(["idempotencyHeader"], problem);
      if (kind === "read") report(["idempotencyHeader"], "is for writes");
    }
    const known = fieldsOf(input);
    const assertKnown = (template: string, path: (string | number)[]) => {
      for (const [name = ""] of placesOf(template)) {
        if (known && !known.has(name)) report(path, `names {${name}}, which the input does not have`);
      }
    };
    const certain = certainFieldsOf(input);
    for (const [name = ""] of placesOf(operation.path)) {
      if (!certain.has(name)) report(["path"], `needs {${name}} to be required in the input, or to have a default`);
    }
    for (const [name, template] of Object.entries(operation.query)) assertKnown(template, ["query", name]);
    for (const [name, template] of Object.entries(headers)) assertKnown(template, ["headers", name]);
    for (const text of textsOf(body?.template)) assertKnown(text, ["body", "template"]);
  });

/** An operation as configured, defaults filled in. */
export type OperationConfiguration = z.output<typeof operationOption>;

/** Whether a repetition does no harm, by what is said or by the method. */
export function isRepeatable({
  kind,
  method,
  idempotent,
}: Pick<OperationConfiguration, "kind" | "method" | "idempotent">): boolean {
  return kind === "read" || (idempotent ?? repeatable.has(method));
}
