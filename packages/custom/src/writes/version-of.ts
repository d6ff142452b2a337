import { ValidationError } from "@isthmus/core";
import { resolvePointer } from "../json-pointer.js";
import type { EntityConfiguration } from "../options/entity-options.js";

/** A record's version as text; `undefined` where it has none, or a number that JSON has rounded. */
export function versionOf(record: Readonly<Record<string, unknown>>, pointer: string): string | undefined {
  const version = resolvePointer(record, pointer);
  if (typeof version === "string" && version !== "") return version;
  return typeof version === "number" && Number.isSafeInteger(version) ? String(version) : undefined;
}

/** A version as the entity's requests hold it. @throws {ValidationError} where it is no number and has to be one. */
export function toVersionValue({ write }: EntityConfiguration, base: string): string | number {
  if (write?.version?.as !== "number") return base;
  const version = Number(base);
  if (/^-?\d+$/.test(base) && Number.isSafeInteger(version)) return version;
  throw new ValidationError("The version that was seen is no whole number.", [
    { path: "base", message: "A whole number, as text." },
  ]);
}
