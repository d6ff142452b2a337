import { ConnectorError, type ResponseHeaders } from "@isthmus/core";
import { TextAnswer } from "./answer.js";

/** One part: an answer, or several of a change set. `contentId` where it says which request it answers. */
export type MultipartPart =
  | { readonly kind: "answer"; readonly contentId?: string; readonly answer: TextAnswer }
  | { readonly kind: "changeset"; readonly parts: readonly MultipartPart[] };

/** Bytes of the headers of one part, and of one answer in it. */
const mostHeaderBytes = 32 * 1024;
const mostHeaders = 128;
const lineEnd = Buffer.from("\r\n");
const blankLine = Buffer.from("\r\n\r\n");

/**
 * Reads the answer to a batch.
 *
 * @param mostParts - Parts in all; more than were asked for is no answer to the question.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` for anything that is not whole.
 */
export function readMultipart(
  contentType: string | undefined,
  body: Buffer,
  mostParts: number,
): readonly MultipartPart[] {
  return new MultipartReader(mostParts).read(contentType, body, 0);
}

class MultipartReader {
  readonly #mostParts: number;
  #parts = 0;

  constructor(mostParts: number) {
    this.#mostParts = mostParts;
  }

  read(contentType: string | undefined, body: Buffer, depth: number): readonly MultipartPart[] {
    return split(body, boundaryOf(contentType), this.#mostParts).map((part) => this.#readPart(part, depth));
  }

  #readPart(part: Buffer, depth: number): MultipartPart {
    const { headers, rest } = splitHeaders(part);
    const contentType = first(headers["content-type"]);
    if (/^\s*multipart\/mixed\b/i.test(contentType ?? "")) {
      if (depth > 0) throw broken("has a change set within a change set");
      return { kind: "changeset", parts: this.read(contentType, rest, depth + 1) };
    }
    if (!/^\s*application\/http\b/i.test(contentType ?? "")) throw broken("has a part that is no HTTP answer");
    this.#parts += 1;
    if (this.#parts > this.#mostParts) throw broken("has more parts than there were requests");
    const answer = readAnswer(rest);
    const contentId = first(headers["content-id"]) ?? first(answer.headers["content-id"]);
    return { kind: "answer", answer, ...(contentId !== undefined && { contentId }) };
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1 */
function boundaryOf(contentType = ""): string {
  const [, quoted, plain] =
    /^\s*multipart\/mixed\s*;(?:[^"]*;)?\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw broken("is not multipart/mixed with a boundary");
  return boundary;
}

/** The parts between the boundaries; what is before the first and after the last is of no account. */
function split(body: Buffer, boundary: string, mostParts: number): readonly Buffer[] {
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Buffer[] = [];
  let start: number | undefined;
  for (let from = 0; ; ) {
    const at = body.indexOf(delimiter, from);
    if (at < 0) throw broken("ends before its last boundary: it was cut");
    from = at + delimiter.length;
    const startsLine = at === 0 || isAt(body, lineEnd, at - 2);
    const isLast = body[from] === 0x2d && body[from + 1] === 0x2d;
    const end = isLast ? from : endOfPadding(body, from);
    // The same bytes within a line, or at the start of a longer boundary, are content.
    if (!startsLine || end === undefined) continue;
    if (start !== undefined) parts.push(body.subarray(start, Math.max(start, at - 2)));
    if (isLast) return parts;
    // A change set counts as a part of its own.
    if (parts.length >= mostParts) throw broken("has more parts than there were requests");
    start = end;
  }
}

function endOfPadding(body: Buffer, from: number): number | undefined {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x09) at += 1;
  return isAt(body, lineEnd, at) ? at + 2 : undefined;
}

function isAt(body: Buffer, bytes: Buffer, at: number): boolean {
  return at >= 0 && body.subarray(at, at + bytes.length).equals(bytes);
}

function readAnswer(part: Buffer): TextAnswer {
  const lineAt = part.indexOf(lineEnd);
  const status = /^HTTP\/\d\.\d (\d{3})( |$)/.exec(
    part.subarray(0, Math.max(0, Math.min(lineAt, 1_024))).toString("latin1"),
  )?.[1];
  if (status === undefined) throw broken("has a part without a status");
  const { headers, rest } = splitHeaders(part.subarray(lineAt + 2));
  const length = Number(first(headers["content-length"]) ?? "0");
  if (rest.length < length) throw broken("has a part that is shorter than it says: it was cut");
  return new TextAnswer(Number(status), headers, rest.toString("utf8"));
}

/** Headers and what follows the blank line. A part may have no header, or end with them. */
function splitHeaders(part: Buffer): { readonly headers: ResponseHeaders; readonly rest: Buffer } {
  if (isAt(part, lineEnd, 0)) return { headers: {}, rest: part.subarray(2) };
  const found = part.subarray(0, mostHeaderBytes).indexOf(blankLine);
  if (found < 0 && part.length > mostHeaderBytes) throw broken("has a part with headers beyond any measure");
  const end = found < 0 ? part.length : found;
  const rest = found < 0 ? part.subarray(part.length) : part.subarray(found + blankLine.length);
  const lines = part
    .subarray(0, end)
    .toString("latin1")
    .split("\r\n")
    .filter((line) => line !== "");
  if (lines.length > mostHeaders) throw broken("has a part with headers beyond any measure");
  return { headers: toHeaders(lines), rest };
}

function toHeaders(lines: readonly string[]): ResponseHeaders {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw broken("has a part with a header that is none");
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return Object.fromEntries(headers);
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function broken(problem: string): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", `SAP's answer to the batch ${problem}.`);
}
