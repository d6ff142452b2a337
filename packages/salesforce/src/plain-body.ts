import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ConnectorError, type TransportStreamResponse } from "@isthmus/core";

/**
 * The body of an answer as it was before it was packed: something on the way may do that although nobody asked for it.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is packed in a way that nobody here unpacks. It is let go of then.
 */
export function plainBody({ headers, body, status }: TransportStreamResponse): Readable {
  const encoding = String(headers["content-encoding"] ?? "identity").toLowerCase();
  if (encoding === "identity") return body;
  if (encoding === "gzip" || encoding === "x-gzip") {
    // Whichever of the two ends early takes the other with it. Whoever reads is told by the stream itself.
    return pipeline(body, createGunzip(), () => undefined);
  }
  body.destroy();
  throw new ConnectorError("UNEXPECTED_RESPONSE", "Salesforce's answer is packed in a way that was not asked for.", {
    vendor: { status },
  });
}
