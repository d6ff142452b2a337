import { canonicalJson, codeOf, type EntityChange } from "@isthmus/core";
import type { ReadRecord } from "../repositories/index.js";

/** Bytes of an id: the index that finds records by it has a limit. */
const longestId = 1_000;

/** Objects and lists within each other. A database reads JSON by recursion, and of some thousands it refuses the whole batch. */
export const deepestRecord = 500;

/** What no column can hold, in JSON text: NUL, and halves of surrogate pairs. Other text may match as well. */
const suspect = /\\u(?:0000|d[89a-f])/i;

/**
 * A change as the columns of a record take it; `undefined` when its id cannot be kept as it is, or it is nested too deep.
 * PostgreSQL has no NUL, and UTF-8 no half of a surrogate pair: such characters become U+FFFD, rather than that their record keeps
 * all others from being stored.
 */
export function toStorableRecord({ id, deleted, record, modifiedAtMs }: EntityChange): ReadRecord | undefined {
  if (id === "" || Buffer.byteLength(id) > longestId || storableText(id) !== id) return undefined;
  const modifiedAt = modifiedAtMs === undefined ? null : new Date(modifiedAtMs).toISOString();
  if (deleted) return { externalId: id, data: null, modifiedAt };
  const data = dataOf(record ?? {});
  return data === undefined ? undefined : { externalId: id, data, modifiedAt };
}

/** @returns `undefined` for what is nested too deep, or is no JSON. */
function dataOf(record: object): string | undefined {
  try {
    const given = canonicalJson(record, deepestRecord);
    return suspect.test(given) ? canonicalJson(storable(record)) : given;
  } catch (error) {
    if (codeOf(error) === "VALIDATION_FAILED") return undefined;
    throw error;
  }
}

function storableText(text: string): string {
  return text.replaceAll("\0", "\ufffd").toWellFormed();
}

function storable(value: unknown): unknown {
  if (typeof value === "string") return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [storableText(key), storable(each)]));
}
