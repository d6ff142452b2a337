import type { BinaryContent } from "@isthmus/core";
import type { Api } from "./api.js";
import { type EntityName, traitsOf } from "./entities/traits.js";
import { assertOffers, assertRecordId, type QuickbooksRecord, unwrapRecord } from "./records.js";
import { type WriteOptions, type WriteParts, writeOnce } from "./write-once.js";

/**
 * Sends a document by e-mail and marks it as sent.
 *
 * @param sendTo - Default: the address of the document (`BillEmail`).
 */
export async function sendByEmail(
  parts: WriteParts,
  entity: EntityName,
  id: string,
  sendTo: string | undefined,
  options: WriteOptions,
): Promise<QuickbooksRecord> {
  const traits = traitsOf(entity);
  assertOffers(traits, traits.send, "e-mail");
  assertRecordId(id);
  const request = {
    name: `${entity}.send`,
    method: "POST",
    path: `/${traits.path}/${id}/send`,
    query: { sendTo },
    // Without a body, and Intuit wants to be told so.
    headers: { "content-type": "application/octet-stream" },
  } as const;
  return unwrapRecord(await writeOnce(parts, request, options), entity);
}

/** A document as Intuit prints it, as a stream of PDF. */
export async function readPdf(
  api: Api,
  entity: EntityName,
  id: string,
  signal: AbortSignal | undefined,
): Promise<BinaryContent> {
  const traits = traitsOf(entity);
  assertOffers(traits, traits.pdf, "print");
  assertRecordId(id);
  const { headers, body } = await api.stream({
    name: `${entity}.pdf`,
    method: "GET",
    path: `/${traits.path}/${id}/pdf`,
    headers: { accept: "application/pdf" },
    ...(signal && { signal }),
  });
  const size = Number(headers["content-length"]);
  return {
    mediaType: "application/pdf",
    fileName: `${entity}-${id}.pdf`,
    ...(Number.isSafeInteger(size) && size > 0 && { size }),
    body,
  };
}
