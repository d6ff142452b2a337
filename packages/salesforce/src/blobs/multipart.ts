import { type BinaryContent, ValidationError } from "@isthmus/core";

/** A form of two parts: what the file is, and the file. */
export interface BlobForm {
  readonly boundary: string;
  /** Name of the part that holds the record. */
  readonly entityPart: string;
  /** The record as JSON. */
  readonly record: string;
  /** Name of the field that holds the bytes. */
  readonly blobField: string;
  readonly fileName: string;
}

/**
 * The bytes of the form, as its file comes.
 *
 * @throws {ValidationError} while it is read, when the file is longer or shorter than it says.
 */
export async function* writeForm(form: BlobForm, content: BinaryContent): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from(headOf(form, content));
  let written = 0;
  for await (const piece of content.body) {
    written += piece.byteLength;
    if (content.size !== undefined && written > content.size) throw wrongSize();
    yield piece;
  }
  if (content.size !== undefined && written < content.size) throw wrongSize();
  yield Buffer.from(tailOf(form));
}

/** Bytes of the whole form, where the file says its own. */
export function formLength(form: BlobForm, content: BinaryContent): number | undefined {
  if (content.size === undefined) return undefined;
  return Buffer.byteLength(headOf(form, content)) + content.size + Buffer.byteLength(tailOf(form));
}

/** @throws {ValidationError} unless it can stand in quotes in a header, and is no path. */
export function assertFileName(name: string): void {
  const fits = name.length > 0 && name.length <= 255 && name.isWellFormed() && !/["\\/\r\n\0]/.test(name);
  if (fits) return;
  throw new ValidationError("A file's name has 1 to 255 characters, without quotes, slashes and line breaks.", [
    { path: "fileName", message: "must be the name of a file" },
  ]);
}

/** @throws {ValidationError} unless it can stand in a header. */
export function assertMediaType(type: string): void {
  if (/^[\w.+-]+\/[\w.+-]+(?:\s*;\s*[\w-]+=(?:[\w.+-]+|"[\w .+-]*"))*$/.test(type)) return;
  throw new ValidationError("The media type of the file is not one.", [
    { path: "mediaType", message: "must be a media type" },
  ]);
}

function headOf({ boundary, entityPart, record, blobField, fileName }: BlobForm, { mediaType }: BinaryContent): string {
  return [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${entityPart}"`,
    "Content-Type: application/json",
    "",
    record,
    `--${boundary}`,
    `Content-Disposition: form-data; name="${blobField}"; filename="${fileName}"`,
    `Content-Type: ${mediaType}`,
    "",
    "",
  ].join("\r\n");
}

function tailOf({ boundary }: BlobForm): string {
  return `\r\n--${boundary}--\r\n`;
}

function wrongSize(): ValidationError {
  return new ValidationError("The file has another size than it says.", [
    { path: "size", message: "must be the number of bytes" },
  ]);
}
