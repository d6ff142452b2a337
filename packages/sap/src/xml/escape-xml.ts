import { ValidationError } from "@isthmus/core";

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
  "\n": "&#10;",
  "\t": "&#9;",
};

// XML 1.0, production 2 (Char): what no document can carry, however it is written.
const impossible = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/**
 * A text as the content of an element or attribute. Line breaks and tabs are written as references, so that no reader
 * normalises them away.
 *
 * @throws {ValidationError} for control characters and lone surrogates.
 */
export function escapeXml(text: string): string {
  if (impossible.test(text)) throw new ValidationError("The text holds a character that XML cannot carry.");
  return text.replace(/[&<>"\r\n\t]/g, (character) => escapes[character] ?? character);
}
