import { type BinaryContent, isMediaType } from "@isthmus/core";

// What a vendor stores was put there by anybody. Downloaded, it is a file; opened in a browser all the same, it has no
// origin, runs no script and loads nothing. https://www.w3.org/TR/CSP3/ (sandbox)
const policy = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const fallbackName = "download";
/** Longest file name that a header carries, in characters. */
const maxNameLength = 200;

/** The headers that bytes of a vendor are answered with. */
export function contentHeaders({ mediaType, fileName, size }: BinaryContent): Record<string, string> {
  return {
    "content-type": isMediaType(mediaType) ? mediaType : "application/octet-stream",
    "content-disposition": attachment(fileName),
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    ...(size !== undefined && { "content-length": String(size) }),
  };
}

/**
 * `Content-Disposition` for a file that is to be saved: `filename` for old clients, `filename*` with the whole name.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6266#section-4
 * @see https://www.rfc-editor.org/rfc/rfc8187#section-3.2
 */
export function attachment(fileName: string | undefined): string {
  if (fileName === undefined) return "attachment";
  const name = safeName(fileName);
  // Old clients decode % in a plain filename, or do not: an underscore is the same to all of them.
  const plain = name.replace(/[^ !#$&'()+,.0-9;=@A-Z[\]^_`a-z{}~-]/g, "_");
  return plain === name
    ? `attachment; filename="${plain}"`
    : `attachment; filename="${plain}"; filename*=UTF-8''${encodeExtended(name)}`;
}

/** A name that is no path, hides nothing and fits: a vendor's file name was written by anybody. */
function safeName(fileName: string): string {
  const name = fileName
    .toWellFormed()
    // The last part of a path, of either kind of system.
    .replace(/^.*[/\\]/s, "")
    // Control characters, and those that turn or hide text: "gpj.exe" can look like "exe.jpg".
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    // Windows drops dots and blanks at the end; dots at the beginning hide a file or name a folder.
    .replace(/^[. ]+|[. ]+$/g, "");
  return shorten(name) || fallbackName;
}

/** Cuts a long name before its extension. By characters: half of a surrogate pair is none. */
function shorten(name: string): string {
  const characters = [...name];
  if (characters.length <= maxNameLength) return name;
  const extension = /\.[0-9A-Za-z]{1,10}$/.exec(name)?.[0] ?? "";
  return characters.slice(0, maxNameLength - extension.length).join("") + extension;
}

/** RFC 8187's value-chars; encodeURIComponent leaves four characters that are none. */
function encodeExtended(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
