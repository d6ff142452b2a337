import { Readable } from "node:stream";
import {
  type BinaryContent,
  ConnectorError,
  type ConnectorRequest,
  ForbiddenTargetError,
  type Random,
  type Transport,
  type TransportResponse,
  ValidationError,
} from "@isthmus/core";
import { z } from "zod";
import { parseAnswerBody } from "./answer-body.js";
import type { Api } from "./api.js";
import { stringifyDecimalJson } from "./decimal-json.js";
import { type EntityName, traitsOf } from "./entities/traits.js";
import { assertRecordId, type QuickbooksRecord } from "./records.js";

/** What a file is attached to, and how. */
export interface UploadOptions {
  /** Name of the file, with its ending: Intuit goes by it. */
  readonly fileName: string;
  /** Records that it belongs to. Default: none. */
  readonly attachTo?: readonly { readonly entity: EntityName; readonly id: string; readonly includeOnSend?: boolean }[];
  /** A note beside it. */
  readonly note?: string;
  readonly signal?: AbortSignal;
}

const uploadedSchema = z.looseObject({
  AttachableResponse: z
    .array(z.looseObject({ Attachable: z.looseObject({ Id: z.string(), SyncToken: z.string() }).optional() }))
    .min(1),
});

/** What uploading works with. */
export interface AttachmentParts {
  readonly api: Api;
  readonly transport: Transport;
  readonly random: Random;
  /** Sends with a valid token; every status is an answer. */
  send(request: ConnectorRequest): Promise<TransportResponse>;
}

/**
 * Attaches a file. It is read once and sent as it comes.
 *
 * @throws {OutcomeUnknownError} when the answer was lost: Intuit has no key against doubles here.
 * @see https://developer.intuit.com/app/developer/qbo/docs/workflows/attach-images-and-notes
 */
export async function upload(
  parts: AttachmentParts,
  content: BinaryContent,
  options: UploadOptions,
): Promise<QuickbooksRecord> {
  const boundary = `isthmus-${parts.random.uuid()}`;
  const request = {
    name: "Attachable.upload",
    method: "POST",
    path: "/upload",
    headers: { accept: "application/json", "content-type": `multipart/form-data; boundary=${boundary}` },
    body: Readable.from(multipart(boundary, content, options), { objectMode: false }),
    idempotent: false,
    reconcile: "Look for the file among the attachments of the record (query Attachable), before sending it again.",
    ...(options.signal && { signal: options.signal }),
  } as const;
  const response = await parts.send(request);
  const answer = { status: response.status, headers: response.headers, body: parseAnswerBody(response.body) };
  if (!parts.api.isGood(answer)) throw parts.api.failure(answer, request);
  const uploaded = uploadedSchema.safeParse(answer.body, { reportInput: false }).data?.AttachableResponse[0];
  if (uploaded?.Attachable) return uploaded.Attachable;
  if (uploaded?.Fault !== undefined)
    throw parts.api.failure({ ...answer, status: 400, body: { Fault: uploaded.Fault } }, request);
  throw new ConnectorError("UNEXPECTED_RESPONSE", "QuickBooks answered the upload without an Attachable: look it up.");
}

/**
 * The content of an attachment. Intuit gives an address for some minutes at a store of files; no token goes there.
 *
 * @throws {ForbiddenTargetError} when the address is not one of Intuit's files.
 */
export async function download(
  { api, transport, send }: AttachmentParts,
  id: string,
  signal: AbortSignal | undefined,
): Promise<BinaryContent> {
  assertRecordId(id);
  const request = {
    name: "Attachable.download",
    method: "GET",
    path: `/download/${id}`,
    ...(signal && { signal }),
  } as const;
  const response = await send(request);
  if (response.status !== 200) {
    const answer = { status: response.status, headers: response.headers, body: parseAnswerBody(response.body) };
    throw api.failure(answer, { ...request, idempotent: true });
  }
  const url = response.text().trim();
  assertFileAddress(url);
  const file = await transport.stream({ name: "Attachable.content", method: "GET", url, ...(signal && { signal }) });
  if (file.status !== 200) {
    file.body.destroy();
    const answer = { status: file.status, headers: file.headers, body: undefined };
    throw api.failure(answer, { name: "Attachable.content", method: "GET", idempotent: true });
  }
  const { "content-type": type, "content-length": length } = file.headers;
  const size = Number(length);
  return {
    mediaType: typeof type === "string" ? type : "application/octet-stream",
    ...(Number.isSafeInteger(size) && size > 0 && { size }),
    body: file.body,
  };
}

/** The transport decides which hosts it talks to; of the store's, only Intuit's own buckets. */
function assertFileAddress(url: string): void {
  const host = URL.parse(url)?.hostname;
  if (host === undefined)
    throw new ConnectorError("UNEXPECTED_RESPONSE", "QuickBooks gave no address for the attachment.");
  if (!host.endsWith(".amazonaws.com") || host.startsWith("intuit-")) return;
  throw new ForbiddenTargetError("The address of the attachment is not one of Intuit's files.");
}

async function* multipart(
  boundary: string,
  content: BinaryContent,
  options: UploadOptions,
): AsyncGenerator<Uint8Array> {
  const { fileName, attachTo = [], note } = options;
  assertFileName(fileName);
  const AttachableRef = attachTo.map(({ entity, id, includeOnSend = false }) => {
    assertRecordId(id);
    return { EntityRef: { type: traitsOf(entity).name, value: id }, IncludeOnSend: includeOnSend };
  });
  const metadata = {
    FileName: fileName,
    ContentType: content.mediaType,
    ...(note !== undefined && { Note: note }),
    AttachableRef,
  };
  const part = (name: string, file: string, type: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${file}"\r\nContent-Type: ${type}\r\n\r\n`;
  yield Buffer.from(
    `${part("file_metadata_01", "attachment.json", "application/json")}${stringifyDecimalJson(metadata)}\r\n`,
  );
  yield Buffer.from(part("file_content_01", fileName, assertMediaType(content.mediaType)));
  yield* content.body;
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

/** It stands in quotes in a header. */
function assertFileName(name: string): void {
  const fits = name.length > 0 && name.length <= 255 && name.isWellFormed() && !/["\\/\r\n\0]/.test(name);
  if (fits) return;
  throw new ValidationError("A file's name has 1 to 255 characters, without quotes, slashes and line breaks.", [
    { path: "fileName", message: "must be the name of a file" },
  ]);
}

function assertMediaType(type: string): string {
  if (/^[\w.+-]+\/[\w.+-]+(?:\s*;\s*[\w-]+=[\w.+-]+)*$/.test(type)) return type;
  throw new ValidationError("The media type of the file is not one.", [
    { path: "mediaType", message: "must be a media type" },
  ]);
}
