import type { z } from "zod";
import { ValidationError, type ValidationIssue } from "./kinds.js";

/**
 * Parses `value` with a zod schema.
 *
 * @param what - Names the input in the message: "credentials", "input of records.create".
 * @throws {ValidationError} with one issue for each field; no issue repeats a value, because it may be a secret.
 */
export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: false });
  if (result.success) return result.data;
  const issues = toValidationIssues(result.error.issues);
  const first = issues[0];
  const where = first === undefined || first.path === "" ? "" : ` at ${first.path}`;
  const verb = /^[a-z]+s\b/.test(what) ? "do" : "does";
  throw new ValidationError(`The ${what} ${verb} not fit${where}: ${first?.message ?? "invalid"}.`, issues);
}

/** What is wrong is decided by who sent the value: how many fields, and how long their names are. */
const mostIssues = 50;
const longestText = 300;

/** zod's issues as ours: a dotted path and a message without the value; the first 50, each of 300 characters at most. */
export function toValidationIssues(issues: readonly z.core.$ZodIssue[]): ValidationIssue[] {
  return issues
    .slice(0, mostIssues)
    .map(({ path, message }) => ({ path: shorten(path.map(String).join(".")), message: shorten(message) }));
}

function shorten(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
