import { ConnectorError, isConnectorError, ValidationError } from "@isthmus/core";
import { z } from "zod";
import type { Api } from "./api.js";
import { stringifyDecimalJson } from "./decimal-json.js";
import { type EntityName, traitsOf } from "./entities/traits.js";
import { assertOffers, identityOf, type RecordInput } from "./records.js";
import { type WriteOptions, type WriteParts, writeOnce } from "./write-once.js";

/**
 * One thing of a batch. Updates, deletions and voidings name Id and SyncToken: a batch reads nothing by itself. So a sparse
 * update is for the entities alone that have one at Intuit, and an Attachable is deleted by the whole record.
 */
export type BatchItem =
  | {
      readonly operation: "create" | "update" | "sparse_update" | "delete" | "void";
      readonly entity: EntityName;
      readonly record: RecordInput;
    }
  | { readonly operation: "query"; readonly query: string };

/** What became of one item. */
export type BatchResult =
  | { readonly ok: true; readonly record: Readonly<Record<string, unknown>> }
  | { readonly ok: true; readonly records: readonly Readonly<Record<string, unknown>>[] }
  /** `error` is what the same call on its own would have thrown. */
  | { readonly ok: false; readonly error: ConnectorError };

/** Items of one request to Intuit. */
export const batchSize = 30;

const answerSchema = z.looseObject({ BatchItemResponse: z.array(z.looseObject({ bId: z.string() })) });

/**
 * Runs any number of items, 30 to a request, one request after the other. Results come in the order of the items. A request
 * whose answer is lost is sent again with its key, so that no item is done twice.
 *
 * When a request fails as a whole, its items and those after it say so, and what was done before stays done. With a key of the
 * caller's, a failure that passes is thrown instead: called again with the same key, what was done is answered and not done again.
 */
export async function runBatch(
  parts: WriteParts,
  items: readonly BatchItem[],
  options: WriteOptions,
): Promise<readonly BatchResult[]> {
  // All of it is proven before the first request is sent.
  const chunks = toChunks(items.map(toRequest));
  const results: BatchResult[] = [];
  for (const [index, chunk] of chunks.entries()) {
    try {
      results.push(...(await runChunk(parts, chunk, keyOfChunk(options, index))));
    } catch (error) {
      if (!isConnectorError(error)) throw error;
      // As results they would be an answer, which whoever keeps answers by their key would give for ever.
      if (options.idempotencyKey !== undefined && error.retryable) throw error;
      results.push(...Array.from({ length: chunk.count }, () => ({ ok: false, error }) as const));
      const message = "The batch ended before this item, because an earlier request of it failed.";
      const unsent = new ConnectorError("CANCELLED", message, { cause: error });
      const left = items.length - results.length;
      results.push(...Array.from({ length: left }, () => ({ ok: false, error: unsent }) as const));
      break;
    }
  }
  return results;
}

/** What goes into one request. */
interface Chunk {
  readonly count: number;
  readonly body: string;
}

function toChunks(items: readonly object[]): readonly Chunk[] {
  return Array.from({ length: Math.ceil(items.length / batchSize) }, (_, chunk) => {
    const part = items.slice(chunk * batchSize, (chunk + 1) * batchSize);
    const BatchItemRequest = part.map((item, index) => ({ bId: bIdOf(index), ...item }));
    return { count: part.length, body: stringifyDecimalJson({ BatchItemRequest }) };
  });
}

const bIdOf = (index: number) => String(index + 1);

async function runChunk(parts: WriteParts, { count, body }: Chunk, options: WriteOptions): Promise<BatchResult[]> {
  const request = {
    name: "batch",
    kind: "batch",
    method: "POST",
    path: "/batch",
    headers: { "content-type": "application/json" },
    body,
  } as const;
  const answer = answerSchema.safeParse(await writeOnce(parts, request, options), { reportInput: false });
  const byId = new Map(answer.data?.BatchItemResponse.map((item) => [item.bId, item]));
  return Array.from({ length: count }, (_, index) => toResult(parts.api, byId.get(bIdOf(index))));
}

function toResult(api: Api, item: Readonly<Record<string, unknown>> | undefined): BatchResult {
  if (item === undefined) {
    // It may have been done: the whole request was answered.
    return {
      ok: false,
      error: new ConnectorError(
        "UNEXPECTED_RESPONSE",
        "QuickBooks' answer to the batch leaves this item out: look it up.",
      ),
    };
  }
  const { bId: _bId, Fault, QueryResponse, ...rest } = item;
  if (Fault !== undefined) {
    const answer = { status: 400, headers: {}, body: { Fault } };
    return { ok: false, error: api.failure(answer, { name: "the batch's item", method: "POST", idempotent: true }) };
  }
  if (isObject(QueryResponse)) {
    const records = Object.values(QueryResponse).find((value) => Array.isArray(value)) ?? [];
    return { ok: true, records: records.filter(isObject) };
  }
  const record = Object.values(rest).find(isObject);
  if (record !== undefined) return { ok: true, record };
  return {
    ok: false,
    error: new ConnectorError(
      "UNEXPECTED_RESPONSE",
      "QuickBooks' answer to the batch holds no record here: look it up.",
    ),
  };
}

/** @throws {ValidationError} before anything is sent. */
function toRequest(item: BatchItem, index: number): object {
  if (item.operation === "query") return { Query: item.query };
  const { operation, entity, record } = item;
  const traits = traitsOf(entity);
  const offers = {
    create: traits.create,
    update: traits.update,
    sparse_update: traits.sparse,
    delete: traits.delete === "delete" || traits.delete === "delete_whole",
    void: traits.void === "void",
  };
  try {
    assertOffers(traits, offers[operation], `${operation.replace("_", " ")} in a batch`);
    if (operation !== "create") identityOf(record, true);
  } catch (error) {
    if (error instanceof ValidationError)
      throw new ValidationError(`Item ${index} of the batch: ${error.message}`, error.issues);
    throw error;
  }
  if (operation === "sparse_update") return { operation: "update", [entity]: { ...record, sparse: true } };
  return { operation, [entity]: record };
}

function keyOfChunk(options: WriteOptions, chunk: number): WriteOptions {
  const { idempotencyKey } = options;
  return idempotencyKey === undefined ? options : { ...options, idempotencyKey: `${idempotencyKey}#${chunk}` };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
