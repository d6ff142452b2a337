import { ODataFailure } from "../failure.js";

/** A part of a multipart body: its own headers (names in lower case) and what follows them. */
export interface MimePart {
  headers: Record<string, string>;
  content: string;
}

/** A request or response inside a part. */
export interface HttpMessage {
  startLine: string;
  headers: Record<string, string>;
  body: string;
}

/** The boundary that a content type names. @throws {ODataFailure} 400 without one */
export function boundaryOf(contentType: string | undefined): string {
  const [, quoted, plain] = /^multipart\/mixed\s*;.*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType ?? "") ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw malformedBatch("the content type must be multipart/mixed with a boundary");
  return boundary;
}

/** Cuts a body at its boundary. Lines end with CRLF, as RFC 2046 demands: a Gateway takes nothing else. */
export function readParts(body: string, boundary: string): MimePart[] {
  const sections = `\r\n${body}`.split(`\r\n--${boundary}`);
  const last = sections.findIndex((section, index) => index > 0 && section.startsWith("--"));
  if (last < 0) throw malformedBatch("the closing boundary is missing");
  return sections.slice(1, last).map((section) => {
    if (!/^[ \t]*\r\n/.test(section)) throw malformedBatch("a boundary must end its line with CRLF");
    const { headers, rest } = readHeaders(section.replace(/^[ \t]*\r\n/, ""));
    return { headers, content: rest };
  });
}

/** Reads the request inside a part of type `application/http`. */
export function readHttpMessage(content: string): HttpMessage {
  const end = content.indexOf("\r\n");
  if (end < 0) throw malformedBatch("a part has no request line");
  const { headers, rest } = readHeaders(content.slice(end + 2));
  return { startLine: content.slice(0, end), headers, body: rest };
}

/** Writes parts between boundaries. */
export function writeParts(boundary: string, parts: readonly MimePart[]): string {
  const sections = parts.map(({ headers, content }) => `--${boundary}\r\n${writeHeaders(headers)}\r\n${content}\r\n`);
  return `${sections.join("")}--${boundary}--\r\n`;
}

/** Writes a response as the content of a part. */
export function writeHttpMessage({ startLine, headers, body }: HttpMessage): string {
  return `${startLine}\r\n${writeHeaders({ ...headers, "content-length": String(Buffer.byteLength(body)) })}\r\n${body}`;
}

function readHeaders(text: string): { headers: Record<string, string>; rest: string } {
  const [head = "", ...others] = text.startsWith("\r\n") ? ["", text.slice(2)] : text.split("\r\n\r\n");
  const headers: Record<string, string> = {};
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { headers, rest: others.join("\r\n\r\n") };
}

function writeHeaders(headers: Record<string, string>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
}

/** 400 for a batch that cannot be taken apart. */
export function malformedBatch(reason: string): ODataFailure {
  return new ODataFailure(400, "/IWFND/CM_BEC/001", `The batch request is malformed: ${reason}`);
}
