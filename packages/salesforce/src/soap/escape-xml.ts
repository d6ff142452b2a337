import { ValidationError } from "@isthmus/core";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are looked for.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

/**
 * A text as the content of an element, so that a reader gets back exactly these characters.
 *
 * @throws {ValidationError} when it has a character that XML 1.0 cannot carry even escaped.
 * @see https://www.w3.org/TR/xml/#charsets
 */
export function escapeXml(text: string): string {
  if (forbidden.test(text)) throw new ValidationError("A text holds a character that XML cannot carry.");
  return text.replaceAll(/[&<>"\r\n\t]/g, (special) => `&#${special.charCodeAt(0)};`);
}
