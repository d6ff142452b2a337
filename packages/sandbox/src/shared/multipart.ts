/** One part of a multipart body. */
export interface Part {
  /** The `name` of its content disposition. */
  name: string;
  /** `undefined` for a part that is no file. */
  fileName: string | undefined;
  contentType: string;
  content: Buffer;
}

/**
 * Cuts a `multipart/form-data` body into its parts.
 *
 * @returns `undefined` when the content type names no boundary or the body does not end as it must.
 * @see https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
 */
export function readMultipart(body: Buffer, contentType: string): Part[] | undefined {
  const match = /boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return undefined;
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter may stand at the very start.
  const bytes = Buffer.concat([Buffer.from("\r\n"), body]);
  const parts: Part[] = [];
  let start = bytes.indexOf(delimiter);
  while (start >= 0) {
    const afterDelimiter = start + delimiter.length;
    if (bytes.subarray(afterDelimiter, afterDelimiter + 2).toString("latin1") === "--") return parts;
    const end = bytes.indexOf(delimiter, afterDelimiter);
    if (end < 0) return undefined;
    const part = readPart(bytes.subarray(afterDelimiter, end));
    if (part !== undefined) parts.push(part);
    start = end;
  }
  return undefined;
}

function readPart(bytes: Buffer): Part | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = bytes.subarray(0, headEnd).toString("utf8");
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? "";
  const fileName = /filename="((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1];
  return {
    name: /[;\s]name="([^"]*)"/i.exec(disposition)?.[1] ?? "",
    fileName: fileName?.replace(/\\(.)/g, "$1"),
    contentType: /^content-type:\s*(.+?)\s*$/im.exec(head)?.[1] ?? "text/plain",
    content: Buffer.from(bytes.subarray(headEnd + 4)),
  };
}
