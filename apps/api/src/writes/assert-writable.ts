import { ValidationError, type ValidationIssue } from "@isthmus/core";
import type { RequestedWrite } from "./note-writes.js";

/**
 * Refuses records that contradict themselves, or each other.
 *
 * @throws {ValidationError} naming each of them, 100 at most.
 */
export function assertWritable(records: readonly RequestedWrite[]): void {
  const seen = new Set<string>();
  const issues = records.flatMap((record, index): ValidationIssue[] => {
    const name = nameOf(record);
    const isSecond = name !== undefined && seen.has(name);
    if (name !== undefined) seen.add(name);
    const found = isSecond
      ? (["id", "Each record once: which of two comes last, nobody could tell."] as const)
      : findIssue(record);
    return found ? [{ path: `records.${index}.${found[0]}`, message: found[1] }] : [];
  });
  if (issues.length > 0) throw new ValidationError("The records do not fit; see errors.", issues.slice(0, 100));
}

function findIssue({ id, externalId, record, deleted = false, base, version }: RequestedWrite) {
  const isNamed = id !== undefined || externalId !== undefined;
  if (id !== undefined && externalId !== undefined) return ["externalId", "Either id or externalId."] as const;
  if (deleted && record !== undefined) return ["record", "Not of a record that is deleted."] as const;
  if (!deleted && record === undefined) return ["record", "The fields to write."] as const;
  if (deleted && !isNamed) return ["id", "Which record is deleted: id or externalId."] as const;
  if (base !== undefined && version !== undefined) return ["version", "Either base or version."] as const;
  if (version !== undefined && id === undefined) return ["version", "Only with id."] as const;
  if (base !== undefined && !isNamed) return ["base", "A new record has none."] as const;
  return undefined;
}

function nameOf({ id, externalId }: RequestedWrite): string | undefined {
  if (id !== undefined) return JSON.stringify([id]);
  return externalId && JSON.stringify([externalId.field, externalId.value]);
}
