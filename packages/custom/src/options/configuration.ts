import { pemSchema } from "@isthmus/core";
import { z } from "zod";
import { placesOf } from "../requests/template.js";
import { findSchemaProblems } from "../schemas/check-schema.js";
import { compileInput } from "../schemas/compile-schema.js";
import { authenticationOption } from "./authentication-options.js";
import { entityOption } from "./entity-options.js";
import { errorsOption } from "./error-options.js";
import { limitsOption } from "./limit-options.js";
import { operationOption } from "./operation-options.js";
import { testOption } from "./test-options.js";
import type { WriteRequestConfiguration } from "./write-options.js";

const fieldsSchema = z.strictObject({
  baseUrl: z
    .string()
    .max(2_000)
    .refine(isBaseUrl, "must be an address such as https://api.example.com/v2, without user name, query or fragment")
    .transform((text) => new URL(text).href.replace(/\/$/, ""))
    .pipe(z.string())
    .meta({
      title: "Base address",
      description: "What paths are below. Requests go to this origin only; only tokens come from elsewhere.",
      examples: ["https://api.example.com/v2"],
    }),
  trustedAuthorities: z.array(pemSchema("CERTIFICATE")).min(1).max(50).optional().meta({
    title: "Trusted authorities",
    description: "Certificates (PEM) of the only authorities that may vouch for the hosts. Default: those of Node.",
  }),
  authentication: authenticationOption,
  test: testOption,
  operations: z
    .array(operationOption)
    .min(1)
    .max(500)
    .meta({ title: "Operations", description: "What the connector can do." }),
  entities: z
    .array(entityOption)
    .max(500)
    .default([])
    .meta({ title: "Entities", description: "Lists of records that can be followed." }),
  errors: errorsOption,
  limits: limitsOption,
});

/** Everything about the API that is not secret. */
export const configurationSchema = fieldsSchema.superRefine(checkWhole);

/** A validated configuration, defaults filled in. */
export type CustomConfiguration = z.output<typeof fieldsSchema>;
/** A configuration as it is written. */
export type CustomConfigurationInput = z.input<typeof fieldsSchema>;

/** What no field can know alone. */
function checkWhole(configuration: CustomConfiguration, context: z.RefinementCtx): void {
  const report = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
  const { operations, entities, test, authentication } = configuration;
  for (const [list, items] of Object.entries({ operations, entities })) {
    const names = new Set<string>();
    for (const [index, { name }] of items.entries()) {
      if (names.has(name)) report([list, index, "name"], "is there twice");
      names.add(name);
    }
  }
  checkTest(configuration, report);
  const { apiKey } = authentication;
  if (apiKey === undefined) return;
  const keyName = apiKey.name.toLowerCase();
  const part = apiKey.in === "header" ? "headers" : "query";
  const requests: [{ query: object; headers: object; idempotencyHeader?: string | undefined }, (string | number)[]][] =
    [
      ...operations.map((each, index): [typeof each, (string | number)[]] => [each, ["operations", index]]),
      ...entities.map((each, index): [typeof each.list, (string | number)[]] => [
        each.list,
        ["entities", index, "list"],
      ]),
      ...entities.flatMap(({ write }, index) =>
        (["create", "update", "delete"] as const).flatMap((kind): [WriteRequestConfiguration, (string | number)[]][] =>
          write?.[kind] ? [[write[kind], ["entities", index, "write", kind]]] : [],
        ),
      ),
      [test, ["test"]],
    ];
  for (const [request, path] of requests) {
    const names = Object.keys(request[part]);
    if (apiKey.in === "header" && request.idempotencyHeader !== undefined) names.push(request.idempotencyHeader);
    if (names.some((name) => name.toLowerCase() === keyName))
      report([...path, part], "must not set what the API key is sent in");
  }
}

function checkTest(
  { test, operations }: CustomConfiguration,
  report: (path: (string | number)[], message: string) => void,
): void {
  const texts = [test.path ?? "", ...Object.values(test.query), ...Object.values(test.headers)];
  if (texts.some((text) => placesOf(text).length > 0))
    report(["test"], "has no input, so its templates have no places");
  if (test.operation === undefined) return;
  const operation = operations.find(({ name }) => name === test.operation);
  // A schema that is wrong itself has its own issue.
  if (operation && findSchemaProblems(operation.input).length > 0) return;
  if (operation?.kind !== "read") report(["test", "operation"], "must be the name of a read operation");
  else if (!compileInput(operation.input).safeParse(test.input ?? {}).success)
    report(["test", "input"], "does not fit the operation");
}

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text);
  if (
    url === null ||
    /[{}]/.test(text) ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== "" ||
    url.password !== ""
  )
    return false;
  // Judged as it was written: a parser has resolved ".." already, and what it decodes differs from one to the next.
  const path = text.replace(/^https?:\/\/[^/\\?#]*/i, "");
  return /^(?:\/[\w.~!$&'()*+,;=:@-]+)*\/?$/.test(path) && !path.split("/").some((step) => /^\.\.?$/.test(step));
}
