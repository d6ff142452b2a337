import { ValidationError } from "@isthmus/core";
import { type SoqlIdentifier, type SoqlValue, soql } from "./soql.js";

/**
 * Builds a search text in which every value means itself. Within the braces of `FIND {…}` a value is text to be found:
 * SOSL's reserved characters are escaped; its words AND, OR and NOT are put in quotes, and words of nothing but punctuation
 * left out, unless the value stands in quotes already. Everywhere else it is a literal, as in `soql`.
 *
 * @example
 * sosl`FIND {${term}} IN NAME FIELDS RETURNING Account(Id, Name WHERE Industry = ${industry})`
 * @throws {ValidationError} for a value in the braces that is not text, or is empty, and for what SOQL has no literal for.
 * @see https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl_find.htm
 */
export function sosl(
  texts: TemplateStringsArray,
  ...values: readonly (SoqlValue | readonly SoqlValue[] | SoqlIdentifier)[]
): string {
  let search = texts[0] ?? "";
  let place = advance("outside", search);
  for (const [at, value] of values.entries()) {
    const text = texts[at + 1] ?? "";
    search += (place === "outside" ? toLiteral(value) : toTerm(value, place)) + text;
    place = advance(place, text);
  }
  return search;
}

/** Where a value stands. */
type Place = "outside" | "literal" | "term" | "phrase";

/** Follows the text that the program wrote. What stands in quotes of a literal is no brace of FIND. */
function advance(from: Place, text: string): Place {
  let place = from;
  for (const [character] of text.matchAll(/\\[\s\S]|[{}"']/g)) {
    if (place === "outside") place = character === "{" ? "term" : character === "'" ? "literal" : place;
    else if (place === "literal") place = character === "'" ? "outside" : place;
    else if (character === "}") place = "outside";
    else if (character === '"') place = place === "term" ? "phrase" : "term";
  }
  return place;
}

function toTerm(value: unknown, place: Place): string {
  if (place === "literal") {
    throw new ValidationError("A value of the search does not go into quotes: it brings its own.");
  }
  if (typeof value !== "string" || value.trim() === "" || !value.isWellFormed()) {
    throw new ValidationError("What is searched for has to be text.", [{ path: "sosl", message: "must not be empty" }]);
  }
  if (place === "phrase") return escapeTerm(value.replace(/\s+/g, " "));
  const words = value.trim().split(/\s+/);
  const known = words.filter((word) => !punctuation.test(word));
  return (known.length > 0 ? known : words).map(toWord).join(" ");
}

/** Salesforce finds no punctuation, and refuses a search for a single character. */
const punctuation = /^[!-/:-@[-`{-~]+$/;

function toWord(word: string): string {
  return /^(?:and|or|not)$/i.test(word) ? `"${word}"` : escapeTerm(word);
}

function escapeTerm(text: string): string {
  return text.replace(/[?&|!{}[\]()^~*:\\"'+-]/g, "\\$&");
}

function toLiteral(value: SoqlValue | readonly SoqlValue[] | SoqlIdentifier): string {
  return soql(literalTexts, value);
}

/** A template that is nothing but its value. */
const literalTexts: TemplateStringsArray = Object.assign(["", ""], { raw: ["", ""] });
