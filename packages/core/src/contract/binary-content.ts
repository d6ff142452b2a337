import { Readable } from "node:stream";
import { z } from "zod";

/** Bytes that an operation takes or gives, as a stream. */
export interface BinaryContent {
  /** Media type, as it goes into Content-Type. */
  readonly mediaType: string;
  /** For Content-Disposition. Whoever stores it under this name has to judge it first: it may be a path. */
  readonly fileName?: string;
  /** Bytes, where known ahead. */
  readonly size?: number;
  /** Read once. Ending the iteration early closes the connection that it comes from. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The output of operations that produce bytes. Published as a binary string, as OpenAPI describes a file; it proves the
 * frame and reads nothing.
 */
export const binaryContentSchema: z.ZodType<BinaryContent> = z
  // "any": JSON Schema has no word for a stream, and what stands in the next line is published in its place.
  .any()
  .refine(isBinaryContent, "Binary content: mediaType and body.")
  .meta({ type: "string", format: "binary", description: "The bytes, as they are." });

/** Whether a value is a {@link BinaryContent}. Looks at its shape, so one made with another copy of core is one too. */
export function isBinaryContent(value: unknown): value is BinaryContent {
  if (typeof value !== "object" || value === null) return false;
  const { mediaType, fileName, size, body } = value as Partial<Record<keyof BinaryContent, unknown>>;
  return (
    typeof mediaType === "string" &&
    (fileName === undefined || typeof fileName === "string") &&
    (size === undefined || (typeof size === "number" && Number.isSafeInteger(size) && size >= 0)) &&
    typeof body === "object" &&
    body !== null &&
    Symbol.asyncIterator in body
  );
}

/**
 * Lets go of bytes that nobody wants, and of the connection that they come from. Without effect on a body that was read to
 * its end.
 */
export async function discardContent({ body }: Pick<BinaryContent, "body">): Promise<void> {
  // A stream's own iterator does nothing when it is ended before it has begun.
  if (body instanceof Readable) body.destroy();
  else await body[Symbol.asyncIterator]().return?.();
}
