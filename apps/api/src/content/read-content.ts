import { fitsMediaRange, isMediaType, type Operation } from "@isthmus/core";
import type { FastifyRequest } from "fastify";
import { ApiError } from "../errors/index.js";
import { LimitedBody, tooLarge } from "./limited-body.js";
import { readFileName } from "./read-file-name.js";

/** The bytes of a request, not read yet. Fits core's `BinaryContent`. */
export interface RequestContent {
  readonly mediaType: string;
  readonly fileName?: string;
  readonly size?: number;
  readonly body: LimitedBody;
}

// What forms and curl send when nobody says otherwise: never the bytes that somebody meant.
const forms = ["multipart/form-data", "application/x-www-form-urlencoded"];

/**
 * The body of a request to an operation that takes bytes. Nothing of it is read here.
 *
 * @throws {ApiError} `UNSUPPORTED_MEDIA_TYPE`; `PAYLOAD_TOO_LARGE` when the request says so itself.
 */
export function readContent(
  { headers, raw }: Pick<FastifyRequest, "headers" | "raw">,
  { name, consumes = "" }: Pick<Operation, "name" | "consumes">,
  limitBytes: number,
): RequestContent {
  const mediaType = headers["content-type"] ?? "";
  const isForm = forms.some((form) => fitsMediaRange(mediaType, form) && consumes.toLowerCase() !== form);
  if (!isMediaType(mediaType) || !fitsMediaRange(mediaType, consumes) || isForm) {
    throw new ApiError(
      "UNSUPPORTED_MEDIA_TYPE",
      `${name} takes ${consumes}: send the bytes themselves as the body, with their own Content-Type, and the input in the query.`,
    );
  }
  if (headers["content-encoding"] !== undefined) {
    throw new ApiError("UNSUPPORTED_MEDIA_TYPE", "Send the bytes without Content-Encoding.");
  }
  const fileName = readFileName(headers["content-disposition"]);
  // HTTP's parser has refused what is no number.
  const length = headers["content-length"];
  const size = length === undefined ? undefined : Number(length);
  if (size !== undefined && size > limitBytes) throw tooLarge(limitBytes);
  return {
    mediaType,
    ...(fileName !== undefined && { fileName }),
    ...(size !== undefined && { size }),
    body: new LimitedBody(raw, limitBytes),
  };
}
