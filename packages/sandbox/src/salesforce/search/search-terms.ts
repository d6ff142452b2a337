import { SalesforceError } from "../errors.js";
import { malformedSearch } from "./search-error.js";

/** Says whether a record, given as the words of each of its fields, is found. */
export type SearchTest = (fields: readonly (readonly string[])[]) => boolean;

type Token = { kind: "(" | ")" | "AND" | "OR" | "NOT" } | { kind: "term"; words: string[] };

/** Cuts a text into words as the search index does: letters and digits, in lower case. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  );
}

/**
 * Reads what is searched for: words, "phrases", `*` and `?` within words, AND, OR, AND NOT, parentheses. Words side by
 * side must all be there. Reserved characters are escaped by a backslash.
 *
 * @throws {SalesforceError} MALFORMED_SEARCH, or INVALID_SEARCH for a term of one character.
 * @see https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl_find.htm
 */
export function readSearchTerms(text: string): SearchTest {
  const tokens = tokenize(text);
  if (tokens.length === 0) throw malformedSearch("No search term found. The search term must be enclosed in braces.");
  let at = 0;

  function readEither(): SearchTest {
    const parts = [readAll()];
    while (tokens[at]?.kind === "OR") {
      at += 1;
      parts.push(readAll());
    }
    return (fields) => parts.some((part) => part(fields));
  }

  function readAll(): SearchTest {
    const parts = [readOne()];
    for (let token = tokens[at]; token !== undefined && token.kind !== "OR" && token.kind !== ")"; token = tokens[at]) {
      if (token.kind === "AND") at += 1;
      parts.push(readOne());
    }
    return (fields) => parts.every((part) => part(fields));
  }

  function readOne(): SearchTest {
    const token = tokens[at];
    at += 1;
    if (token?.kind === "NOT") {
      const inner = readOne();
      return (fields) => !inner(fields);
    }
    if (token?.kind === "(") {
      const inner = readEither();
      if (tokens[at]?.kind !== ")") throw malformedSearch("line 1: expecting a right parentheses, found 'EOF'");
      at += 1;
      return inner;
    }
    if (token?.kind === "term") return createTermTest(token.words);
    throw malformedSearch(`line 1: unexpected token: '${token?.kind ?? "EOF"}'`);
  }

  const test = readEither();
  if (at < tokens.length) throw malformedSearch(`line 1: unexpected token: '${tokens[at]?.kind}'`);
  return test;
}

function createTermTest(words: readonly string[]): SearchTest {
  const patterns = words.map((word) => {
    const source = word
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return new RegExp(`^${source}$`, "u");
  });
  const matchesAt = (field: readonly string[], from: number): boolean =>
    patterns.every((pattern, offset) => pattern.test(field[from + offset] ?? ""));
  return (fields) => fields.some((field) => field.some((_word, from) => matchesAt(field, from)));
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s+|([()])|"((?:[^"\\]|\\.)*)"|((?:[^\s()"\\]|\\.)+)|(.)/gsu;
  for (const [, bracket, phrase, word, odd] of text.matchAll(pattern)) {
    if (odd !== undefined) throw malformedSearch(`line 1: unexpected char: '${odd}'`);
    if (bracket === "(" || bracket === ")") tokens.push({ kind: bracket });
    if (phrase !== undefined) tokens.push(toTerm(phrase));
    const operator = word?.toUpperCase();
    if (operator === "AND" || operator === "OR" || operator === "NOT") tokens.push({ kind: operator });
    else if (word !== undefined) tokens.push(toTerm(word));
  }
  return tokens;
}

/** Of a term, the words with their wildcards; an escaped character only parts words. */
function toTerm(raw: string): Token {
  // Apostrophe, plus and minus are reserved as well, but a search with them bare is answered.
  const reserved = /(?<!\\)(?:\\\\)*([&|!{}[\]^~:])/.exec(raw)?.[1];
  if (reserved !== undefined) throw malformedSearch(`line 1: unexpected char: '${reserved}'`);
  const plain = raw.replace(/\\./gsu, " ").normalize("NFKC").toLowerCase();
  const words = plain.match(/[\p{L}\p{M}\p{N}*?]+/gu) ?? [];
  if (words.join("").replace(/[*?]/g, "").length < 2) {
    throw new SalesforceError(400, "INVALID_SEARCH", `search term must be longer than one character: ${raw}`);
  }
  return { kind: "term", words };
}
