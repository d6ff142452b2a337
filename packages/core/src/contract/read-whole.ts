import { isConnectorError } from "../errors/index.js";
import { BufferedResponse, type TransportResponse, type TransportStreamResponse } from "../http/index.js";

/** What of a failed answer is read: a vendor's fault is a few hundred bytes, a gateway's page some thousand. */
const maxFailureBytes = 64 * 1024;

/**
 * The beginning of a streamed answer, as a whole one. Made for failures: one that is cut or stalls while it is read still
 * says by its status what happened, so what there is of it is answered.
 */
export async function readWhole({ status, headers, body }: TransportStreamResponse): Promise<TransportResponse> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    // Leaving the loop destroys the stream.
    for await (const piece of body as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length >= maxFailureBytes) break;
    }
  } catch (error) {
    if (!isConnectorError(error) || error.code === "CANCELLED") throw error;
  }
  return new BufferedResponse(status, headers, Buffer.concat(pieces, Math.min(length, maxFailureBytes)));
}
