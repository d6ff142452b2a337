import { ValidationError } from "../errors/index.js";

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  // "]]>" may not stand in a text.
  ">": "&gt;",
  '"': "&quot;",
  // A reader makes one line feed of a carriage return, and blanks of both in an attribute, unless they are escaped.
  "\r": "&#13;",
  "\n": "&#10;",
  "\t": "&#9;",
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are looked for.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

/**
 * The first character of a text that XML 1.0 cannot carry, even escaped; `undefined` when there is none.
 *
 * @returns its code point as Unicode writes it: `U+0000`.
 * @see https://www.w3.org/TR/xml/#charsets
 */
export function findForbiddenCharacter(text: string): string | undefined {
  const found = forbidden.exec(text)?.[0].codePointAt(0);
  return found === undefined ? undefined : `U+${found.toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * A text as the content of an element or an attribute, so that a reader gets back exactly these characters.
 *
 * @throws {ValidationError} when it has a character that XML cannot carry: most controls, half a surrogate pair.
 */
export function escapeXml(text: string): string {
  const character = findForbiddenCharacter(text);
  if (character !== undefined) {
    throw new ValidationError(`A text holds the character ${character}, which XML cannot carry.`);
  }
  return text.replaceAll(/[&<>"\r\n\t]/g, (special) => escapes[special] ?? special);
}
