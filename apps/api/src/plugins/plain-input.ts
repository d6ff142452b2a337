import { ValidationError } from "@isthmus/core";
import fastifyPlugin from "fastify-plugin";

/** How many levels of objects and lists a body may have: what writes it on (JSON.stringify) recurses. */
const maxDepth = 100;

/**
 * Refuses text that cannot be stored or sent on as it is: NUL characters (PostgreSQL has none) and halves of surrogate
 * pairs (UTF-8 has none, so they would silently become another character), numbers beyond all numbers, and bodies that are
 * nested without reason.
 * Here, because nearly every field of every route would have to say the same.
 */
export const plainInputPlugin = fastifyPlugin((app, _options, done) => {
  app.addHook("preValidation", (request, _reply, next) => {
    const { params, query, body } = request;
    next(refusalOf(params) ?? refusalOf(query) ?? refusalOf(body));
  });
  done();
});

/** The same for input that a route reads by itself. @throws {ValidationError} */
export function assertPlainInput(input: unknown): void {
  const refusal = refusalOf(input);
  if (refusal) throw refusal;
}

function refusalOf(input: unknown): ValidationError | undefined {
  const issue = findIssue(input);
  return issue && new ValidationError("The request holds what cannot be passed on; see errors.", [issue]);
}

interface Place {
  readonly value: unknown;
  readonly path: readonly string[];
}

/** The first place that is wrong. Without recursion: the depth is what it guards against. */
function findIssue(input: unknown): { readonly path: string; readonly message: string } | undefined {
  const places: Place[] = [{ value: input, path: [] }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const { value, path } = place;
    if (typeof value === "string" && !isPlain(value)) return { path: path.join("."), message: notPlain };
    // JSON.parse reads 1e999 as Infinity, and JSON.stringify would write that as null.
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      return { path: path.join("."), message: "A number that a double can hold." };
    }
    if (typeof value !== "object" || value === null) continue;
    if (path.length >= maxDepth) return { path: path[0] ?? "", message: `At most ${maxDepth} levels.` };
    for (const [key, inner] of Object.entries(value)) {
      if (!isPlain(key)) return { path: path.join("."), message: `A name: ${notPlain}` };
      places.push({ value: inner, path: [...path, key] });
    }
  }
  return undefined;
}

const notPlain = "Text of whole Unicode characters, without NUL.";

function isPlain(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
