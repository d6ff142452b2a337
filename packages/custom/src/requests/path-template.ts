import { parseTemplate, partsOf, valueAt } from "./template.js";
import { controlCharacters, encodeStrictly, textOf, unfit } from "./value-text.js";

/** Characters of a path (RFC 3986 section 3.3) that need no encoding. */
const pathCharacters = /^(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/;

/**
 * What is wrong with a path template; `undefined` when nothing is. It begins with "/", and holds no query, no fragment, no
 * step "." or "..", and nothing that a server might take for a slash.
 */
export function findPathProblem(template: string): string | undefined {
  const parsed = parseTemplate(template);
  if (parsed.problem !== undefined) return parsed.problem;
  if (!template.startsWith("/")) return 'must begin with "/": the host is that of the base address';
  const literal = parsed.parts.map((part) => ("text" in part ? part.text : "x")).join("");
  if (/[?#]/.test(literal)) return "must not hold a query or fragment: write the query as query";
  if (!pathCharacters.test(literal)) return "holds a character that a path cannot have: percent-encode it";
  if (/%(?:2f|5c|2e|25|0.|1.|7f)/i.test(literal))
    return "must not hold an encoded dot, slash, percent or control character";
  if (literal.includes("//")) return 'must not hold "//"';
  // Two places side by side could make a ".." out of two single dots: what was joined is judged again at each call.
  return literal.split("/").some(isDots) ? 'must not have a step "." or ".."' : undefined;
}

/**
 * Puts values into a path, percent-encoded: none can add a step, a query or a host.
 *
 * Encoding is no protection for `.` and `..`, which stay steps of a path in every spelling; nor for `a/../b`, which some
 * gateways decode before they resolve it. Both are refused, and so are control characters.
 *
 * @throws {ValidationError} for a value that is missing, empty, or cannot be addressed by a path.
 */
export function expandPath(template: string, values: unknown): string {
  let step = "";
  let path = "";
  const places: string[] = [];
  for (const part of partsOf(template)) {
    if ("text" in part) {
      path += part.text;
      // What a place joins: the literal text since the last slash counts as part of the step.
      const slash = part.text.lastIndexOf("/");
      if (slash >= 0) {
        assertNoDots(step + part.text.slice(0, part.text.indexOf("/")), places);
        step = part.text.slice(slash + 1);
        places.length = 0;
      } else step += part.text;
      continue;
    }
    const name = part.place.join(".");
    const text = textOf(valueAt(values, part.place), name);
    if (text === undefined || text === "") throw unfit(name, "is needed: it is a part of the address");
    if (controlCharacters.test(text))
      throw unfit(name, "must not hold control characters: it is a part of the address");
    places.push(name);
    step += text;
    path += encodeStrictly(text);
  }
  assertNoDots(step, places);
  return path;
}

function assertNoDots(step: string, places: readonly string[]): void {
  if (places.length === 0 || !step.split(/[/\\]/).some(isDots)) return;
  throw unfit(places.join(", "), 'must not be "." or "..", alone or between slashes: no path can hold that');
}

function isDots(step: string): boolean {
  return step === "." || step === "..";
}
