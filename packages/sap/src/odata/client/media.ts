import type { Readable } from "node:stream";
import {
  type BinaryContent,
  ConnectorError,
  discardContent,
  type ResponseHeaders,
  ValidationError,
} from "@isthmus/core";
import { findEntitySet, findType } from "../model-lookup.js";
import { headerOf, TextAnswer } from "./answer.js";
import type { CallOptions } from "./call.js";
import type { ODataKey } from "./codec.js";
import { type IfMatch, ifMatchHeader } from "./conditions.js";
import { isGood, type ODataExchange } from "./exchange.js";
import { readMessages } from "./messages.js";
import type { ODataParts } from "./parts.js";
import { RecordCalls } from "./record-calls.js";
import type { ODataWritten, WithMessages } from "./results.js";

/** Which stream of a record: its own (`$value`), or the one of a property. */
export interface StreamPlace {
  readonly set: string;
  readonly key: ODataKey;
  /** A property of type Edm.Stream (v4). Missing: the record's own content. */
  readonly property?: string;
}

/** How content is stored. */
export interface UploadOptions extends CallOptions {
  readonly ifMatch?: IfMatch;
}

/** A failure's body is read up to this size, in bytes. */
const largestFault = 64 * 1024;

/** Content of records, up and down as streams. */
export class MediaCalls {
  readonly #parts: ODataParts;
  readonly #exchange: ODataExchange;
  readonly #records: RecordCalls;

  constructor(parts: ODataParts, exchange: ODataExchange) {
    this.#parts = parts;
    this.#exchange = exchange;
    this.#records = new RecordCalls(parts);
  }

  /**
   * The content of a record. Its body has to be read or discarded.
   *
   * @param mediaType - What is expected, such as `application/pdf`. A page in HTML is taken as content only where this says so:
   * otherwise it is a logon page.
   * @throws {NotFoundError} when there is no such record, or no content.
   */
  async download(
    place: StreamPlace,
    { mediaType = "*/*", signal }: { readonly mediaType?: string } & CallOptions = {},
  ): Promise<BinaryContent> {
    const name = `${place.set}.download`;
    const request = { name, method: "GET", path: this.#pathOf(place), headers: { accept: mediaType } } as const;
    const answer = await this.#parts.http.stream({ ...request, ...(signal && { signal }) });
    const { status, headers, body } = answer;
    if (!isGood(answer)) this.#exchange.assertGood(new TextAnswer(status, headers, await readStart(body)), request);
    const type = headerOf(answer, "content-type") ?? "application/octet-stream";
    if (/^\s*text\/html\b/i.test(type) && !/^text\/html\b/i.test(mediaType)) {
      await discardContent({ body });
      throw new ConnectorError(
        "UNEXPECTED_RESPONSE",
        "Instead of the content SAP sent a page for a browser. Check the logon; if pages are the content, expect text/html.",
      );
    }
    if (status === 204) body.resume();
    return { mediaType: type, body, ...sizeOf(headers), ...fileNameOf(headers) };
  }

  /** Creates a record of a set whose records are content, such as attachments. @param slug - Names it for the service, often the file name. */
  async create(
    set: string,
    content: BinaryContent,
    slug?: string,
    { signal }: CallOptions = {},
  ): Promise<ODataWritten> {
    findEntitySet(this.#parts.model, set);
    // The call reads the answer as any create does.
    const call = this.#records.create(set, {});
    const request = {
      ...this.#exchange.toRequest(call, signal ? { signal } : {}),
      body: content.body,
      headers: {
        ...this.#exchange.toRequest(call, {}).headers,
        ...contentHeaders(content),
        ...(slug !== undefined && { slug: encodeURIComponent(slug) }),
      },
    };
    const answer = await this.#parts.http.request(request);
    this.#exchange.assertGood(answer, request);
    return this.#exchange.read(call, answer);
  }

  /** Stores the content of a record that is there. */
  async replace(
    place: StreamPlace,
    content: BinaryContent,
    { ifMatch, signal }: UploadOptions = {},
  ): Promise<WithMessages> {
    const request = {
      name: `${place.set}.upload`,
      method: "PUT",
      path: this.#pathOf(place),
      headers: { accept: "application/json", ...contentHeaders(content), ...ifMatchHeader(ifMatch) },
      body: content.body,
      csrfRoot: this.#parts.root,
      ...(signal && { signal }),
    } as const;
    const answer = await this.#parts.http.request(request);
    this.#exchange.assertGood(answer, request);
    return { messages: readMessages(answer) };
  }

  #pathOf({ set, key, property }: StreamPlace): string {
    const { model } = this.#parts;
    const type = findType(model, findEntitySet(model, set).type);
    if (property !== undefined && !type.properties.has(property)) {
      throw new ValidationError(`${type.name} has no property of this name.`, [
        { path: "property", message: "One that holds a stream." },
      ]);
    }
    const end = property === undefined ? "$value" : encodeURIComponent(property);
    return `${this.#parts.root}${this.#parts.codec.keyPath(set, key)}/${end}`;
  }
}

/** With its length where that is known: not everything before SAP takes a body in chunks. */
function contentHeaders({ mediaType, size }: BinaryContent): Readonly<Record<string, string>> {
  return { "content-type": mediaType, ...(size !== undefined && { "content-length": String(size) }) };
}

async function readStart(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop ends the stream and its connection.
    if (size > largestFault) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function sizeOf(headers: ResponseHeaders): Pick<BinaryContent, "size"> {
  const size = Number(headerOf({ headers }, "content-length"));
  // Compressed content has another size than the content.
  return Number.isSafeInteger(size) && headers["content-encoding"] === undefined ? { size } : {};
}

function fileNameOf(headers: ResponseHeaders): Pick<BinaryContent, "fileName"> {
  const disposition = headerOf({ headers }, "content-disposition") ?? "";
  const extended = /filename\*\s*=\s*utf-8''([^;\s]+)/i.exec(disposition)?.[1];
  const plain = /filename\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(disposition);
  const fileName = decode(extended) ?? plain?.[1] ?? plain?.[2];
  return fileName ? { fileName } : {};
}

function decode(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined; // The plain name, where there is one, serves.
  }
}
