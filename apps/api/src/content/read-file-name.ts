/**
 * The file name of a request's `Content-Disposition`: `filename*` before `filename`. What cannot be read is no name.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6266#section-4.3
 */
export function readFileName(disposition: string | undefined): string | undefined {
  if (disposition === undefined) return undefined;
  const parameters = readParameters(disposition);
  return decodeExtended(parameters.get("filename*")) ?? parameters.get("filename");
}

// token "=" ( token / quoted-string ), after a semicolon; each part ends before the next can begin.
const parameterPattern = /;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))/g;

function readParameters(disposition: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, plain = ""] of disposition.matchAll(parameterPattern)) {
    const value = quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1");
    if (value !== "" && !parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
  }
  return parameters;
}

function decodeExtended(value: string | undefined): string | undefined {
  const encoded = /^UTF-8'[^']*'(.+)$/i.exec(value ?? "")?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined; // broken escapes: `filename`, if it is there, says it for clients that do not know `filename*`
  }
}
