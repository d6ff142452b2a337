import { Readable } from "node:stream";
import type { TransportRequest } from "./types.js";

/** A body as text, bytes or a stream. */
export type SendableBody = string | Uint8Array | Readable;

/** A request whose body is a {@link SendableBody}. */
export interface SendableRequest extends TransportRequest {
  readonly body?: SendableBody;
}

/** The request with an iterable body as a stream, which can be destroyed when it is not sent. */
export function toSendable<Request extends { readonly body?: TransportRequest["body"] }>({
  body,
  ...rest
}: Request): Omit<Request, "body"> & { readonly body?: SendableBody } {
  return body === undefined ? rest : { ...rest, body: toSendableBody(body) };
}

function toSendableBody(body: NonNullable<TransportRequest["body"]>): SendableBody {
  if (typeof body === "string" || body instanceof Uint8Array || body instanceof Readable) return body;
  // Counted in bytes: in object mode sixteen pieces of any length would be read ahead.
  return Readable.from(body, { objectMode: false });
}
