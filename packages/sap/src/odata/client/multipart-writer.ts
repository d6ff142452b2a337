import { ValidationError } from "@isthmus/core";
import type { ODataVersion } from "../model.js";
import { type BatchItem, callsOf, contentIds } from "./batch-items.js";
import type { ODataCall } from "./call.js";
import { headersOf } from "./exchange.js";

const line = "\r\n";

/** A body of several parts and what its content type says of it. */
export interface MultipartBody {
  readonly contentType: string;
  readonly body: string;
}

/**
 * A batch as `multipart/mixed`: reads as parts of their own, changes in change sets, since v2 has them nowhere else.
 *
 * @param makeBoundary - A new random boundary: it is drawn until nothing in the content looks like it.
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part1-protocol.html#sec_MultipartBatchFormat
 * @see https://www.rfc-editor.org/rfc/rfc2046#section-5.1
 */
export function writeMultipart(
  items: readonly BatchItem[],
  version: ODataVersion,
  makeBoundary: () => string,
): MultipartBody {
  const ids = contentIds(items.flatMap(callsOf));
  let at = 0;
  const parts = items.map((item) => {
    const requests = callsOf(item).map((call) => {
      const id = ids[at] ?? "";
      at += 1;
      return writeRequest(call, version, call.changes ? id : undefined);
    });
    if (!callsOf(item).every(({ changes }) => changes)) return requests.join("");
    const inner = join(requests, makeBoundary);
    return [`Content-Type: ${inner.contentType}`, "", inner.body].join(line);
  });
  return join(parts, makeBoundary);
}

function join(parts: readonly string[], makeBoundary: () => string): MultipartBody {
  let boundary = makeBoundary();
  while (parts.some((part) => part.includes(boundary))) boundary = makeBoundary();
  const body = parts.map((part) => `--${boundary}${line}${part}${line}`).join("");
  return { contentType: `multipart/mixed; boundary=${boundary}`, body: `${body}--${boundary}--${line}` };
}

function writeRequest(call: ODataCall, version: ODataVersion, contentId: string | undefined): string {
  const body = call.body === undefined ? "" : JSON.stringify(call.body);
  // Whatever wrote it: a space or a line end in it would make another request of it.
  if (!/^[\x21-\x7e]+$/.test(call.path)) throw new ValidationError(`The path of ${call.name} is not percent-encoded.`);
  const headers = {
    ...headersOf(version, call.body !== undefined),
    ...call.headers,
    ...(call.body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
  };
  return [
    "Content-Type: application/http",
    "Content-Transfer-Encoding: binary",
    ...(contentId === undefined ? [] : [`Content-ID: ${contentId}`]),
    "",
    `${call.method} ${call.path} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${toHeaderName(name)}: ${value}`),
    "",
    body,
  ].join(line);
}

/** `if-match` as `If-Match`: names of headers are the same in any case, but not every parser of batches knows that. */
function toHeaderName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
