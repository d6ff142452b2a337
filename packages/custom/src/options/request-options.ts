import { z } from "zod";
import { findHeaderNameProblem } from "../requests/header-names.js";
import { findPathProblem } from "../requests/path-template.js";
import { parseTemplate } from "../requests/template.js";

const templateOption = z
  .string()
  .max(10_000)
  .superRefine((text, context) => {
    const { problem } = parseTemplate(text);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });

/** A path below the base address, with places for values. */
export const pathOption = z
  .string()
  .max(2_000)
  .superRefine((text, context) => {
    const problem = findPathProblem(text);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  })
  .meta({
    description:
      "Path below the base address. {name} is the place of a value, percent-encoded; {{ and }} are braces. No query: that is `query`.",
    examples: ["/customers/{id}"],
  });

/** Query parameters, each a template. */
export const queryOption = z
  .record(
    z
      .string()
      .min(1)
      .max(200)
      .refine((name) => name.isWellFormed(), "holds broken Unicode"),
    templateOption,
  )
  .default({})
  .meta({
    description:
      "Query parameters by name. One whose value is missing is left out; a list gives the parameter once for each item.",
    examples: [{ search: "{search}" }],
  });

/** Request headers, each a template. */
export const headersOption = z
  .record(
    z.string(),
    templateOption
      .refine((text) => !/[^\x20-\x7e]/.test(text), "must be printable ASCII")
      .refine((text) => text.trim() === text, "must not begin or end with a blank"),
  )
  .default({})
  .superRefine((headers, context) => {
    const lower = new Set<string>();
    for (const name of Object.keys(headers)) {
      const twice = lower.has(name.toLowerCase()) ? "is there twice" : undefined;
      const problem = findHeaderNameProblem(name) ?? twice;
      lower.add(name.toLowerCase());
      if (problem !== undefined) context.addIssue({ code: "custom", path: [name], message: problem });
    }
  })
  .meta({
    description:
      "Request headers by name; one whose value is missing is left out. Those that Isthmus sets itself are refused.",
    examples: [{ "X-Tenant": "{tenant}" }],
  });

const bodyTemplateOption = z
  .unknown()
  .superRefine((template, context) => {
    for (const { path, problem } of findTemplateProblems(template, [])) {
      context.addIssue({ code: "custom", path, message: problem });
    }
  })
  .meta({
    description:
      'JSON with places for values: "{name}" alone is the value itself, of whatever type. Left out, the whole input is the body.',
    examples: [{ customer: { name: "{name}", tags: ["isthmus", "{tag}"] } }],
  });

/** A request's body. */
export const bodyOption = z
  .strictObject({
    template: bodyTemplateOption.optional(),
    format: z.enum(["json", "form"]).default("json").meta({ description: "How it is written." }),
    mediaType: z
      .string()
      .regex(/^application\/(?:[a-z0-9.-]{1,80}\+)?json$/, "must be application/json or application/….+json")
      .default("application/json")
      .meta({ description: "Its content type, for JSON." }),
  })
  .meta({ description: "What is sent as the body. Left out, nothing is." });

/** The methods that an operation may use. */
export const methodOption = z
  .enum(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"])
  .meta({ description: "HTTP method." });

/** A request's body as configured, defaults filled in. */
export type BodyConfiguration = z.output<typeof bodyOption>;

/** What a request is made of, values aside. */
export interface RequestConfiguration {
  readonly method: z.output<typeof methodOption>;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: BodyConfiguration | undefined;
}

/** Every text of a body's template. */
export function textsOf(template: unknown): string[] {
  if (typeof template === "string") return [template];
  return typeof template === "object" && template !== null ? Object.values(template).flatMap(textsOf) : [];
}

function findTemplateProblems(
  template: unknown,
  path: readonly (string | number)[],
): { path: (string | number)[]; problem: string }[] {
  if (path.length > 20) return [{ path: [], problem: "is nested too deeply" }];
  if (typeof template === "string") {
    const { problem } = parseTemplate(template);
    return problem === undefined ? [] : [{ path: [...path], problem }];
  }
  if (typeof template !== "object" || template === null) return [];
  return Object.entries(template).flatMap(([name, inner]) =>
    name === "__proto__"
      ? [{ path: [...path], problem: 'must not have a field "__proto__"' }]
      : findTemplateProblems(inner, [...path, name]),
  );
}
