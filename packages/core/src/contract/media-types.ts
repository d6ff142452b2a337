/** The media type of operations that say none. */
export const jsonMediaType = "application/json";

// RFC 9110 section 8.3.1: type "/" subtype, both tokens.
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const mediaTypePattern = new RegExp(`^${token}/${token}$`);
// Parameters as they are written without surprises: none may end the header that it goes into.
const withParametersPattern = new RegExp(
  `^${token}/${token}([ \\t]*;[ \\t]*${token}=(${token}|"[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]*"))*$`,
);

/** A media type without its parameters, in lower case: `text/html` of `Text/HTML; charset=utf-8`. */
export function essenceOf(mediaType: string): string {
  return (mediaType.split(";")[0] ?? "").trim().toLowerCase();
}

/** Whether a text may go into a `Content-Type` header as it is. */
export function isMediaType(text: string): boolean {
  return withParametersPattern.test(text);
}

/** Whether `range` is a media type without parameters, `type/*` or two stars, for any. */
export function isMediaRange(range: string): boolean {
  return mediaTypePattern.test(range) && !/^\*\/(?!\*$)/.test(range);
}

/** Whether a media type, parameters aside, is one of a range such as `application/pdf`, `image/*` or two stars, for any. */
export function fitsMediaRange(mediaType: string, range: string): boolean {
  const essence = essenceOf(mediaType);
  const wanted = range.toLowerCase();
  if (wanted === "*/*") return true;
  return wanted.endsWith("/*") ? essence.startsWith(wanted.slice(0, -1)) : essence === wanted;
}

/** Whether an operation takes bytes beside its input: `OperationCall.content`. */
export function takesContent({ consumes }: { readonly consumes?: string }): boolean {
  return consumes !== undefined && essenceOf(consumes) !== jsonMediaType;
}

/** Whether an operation gives bytes: its output is a `BinaryContent`. */
export function givesContent({ produces }: { readonly produces?: string }): boolean {
  return produces !== undefined && essenceOf(produces) !== jsonMediaType;
}
