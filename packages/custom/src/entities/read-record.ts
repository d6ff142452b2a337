import { ConnectorError, type EntityChange } from "@isthmus/core";
import { resolvePointer } from "../json-pointer.js";
import type { EntityConfiguration } from "../options/entity-options.js";
import { isObject } from "../schemas/check-schema.js";
import { readTime } from "./change-times.js";
import { fingerprintOf } from "./read-cursor.js";

/** A record and what the configuration makes of it. */
export interface ReadRecord {
  readonly id: string;
  readonly deleted: boolean;
  readonly modifiedAtMs: number | undefined;
  readonly fingerprint: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is no record, or has no usable id or time. */
export function toReadRecord(entity: EntityConfiguration, record: unknown): ReadRecord {
  if (!isObject(record)) throw unexpected(entity, "a record is no object");
  const { changes, deleted } = entity;
  return {
    id: readId(entity, record),
    deleted: deleted !== undefined && isMarked(resolvePointer(record, deleted.pointer), deleted.equals),
    modifiedAtMs: changes && readTime(resolvePointer(record, changes.field), changes),
    fingerprint: fingerprintOf(record),
    record,
  };
}

/** What a batch says of it. */
export function toChange({ id, deleted, modifiedAtMs, record }: ReadRecord): EntityChange {
  return { id, deleted, ...(!deleted && { record }), ...(modifiedAtMs !== undefined && { modifiedAtMs }) };
}

/** An id as text; `undefined` where the value can be none. */
export function toId(id: unknown): string | undefined {
  if (typeof id === "string" && id !== "") return id;
  // JSON.parse has rounded a larger one: two records would become one.
  return typeof id === "number" && Number.isSafeInteger(id) ? String(id) : undefined;
}

function readId(entity: EntityConfiguration, record: unknown): string {
  const id = toId(resolvePointer(record, entity.id));
  if (id !== undefined) return id;
  throw unexpected(entity, `a record's "${entity.id}" is no id (a text, or a whole number below 2^53)`);
}

function isMarked(mark: unknown, equals: string | number | boolean | undefined): boolean {
  if (equals !== undefined) return mark === equals;
  return mark !== undefined && mark !== null && mark !== false && mark !== "";
}

function unexpected(entity: EntityConfiguration, what: string): ConnectorError {
  return new ConnectorError("UNEXPECTED_RESPONSE", `The API's list of ${entity.name} does not fit: ${what}.`);
}
