import { ValidationError } from "@isthmus/core";
import { idOf } from "../odata/client/change-id.js";
import type { ODataCodec } from "../odata/client/codec.js";
import type { ODataModel } from "../odata/model.js";
import { findEntitySet, findType } from "../odata/model-lookup.js";

/** A service's names and values. */
export interface ServiceWords {
  readonly model: ODataModel;
  readonly codec: ODataCodec;
}

/** A name, where there are several, and a literal: `Item='10'`, `guid'…'`, `42L`. */
const part = /(?:([A-Za-z_]\w*)=)?((?:[A-Za-z]+)?'((?:[^']|'')*)'|[^',=()]+)(,|$)/y;

/**
 * The key that an id of a record stands for, as `read` gives it: `'1000000'`, `Order='1',Item='10'`.
 *
 * @throws {ValidationError} for text that is no id of the set.
 */
export function keyOfId({ model, codec }: ServiceWords, set: string, id: string): Readonly<Record<string, unknown>> {
  const type = findType(model, findEntitySet(model, set).type);
  const key: Record<string, unknown> = {};
  part.lastIndex = 0;
  while (part.lastIndex < id.length) {
    const found = part.exec(id);
    if (found === null) throw notAnId(set);
    const [, name = type.keys[0] ?? "", literal = "", quoted] = found;
    key[name] = toValue(type.properties.get(name)?.type ?? "", literal, quoted);
  }
  if (spell({ model, codec }, set, key) !== id) throw notAnId(set);
  return key;
}

function toValue(type: string, literal: string, quoted: string | undefined): unknown {
  if (quoted !== undefined) return quoted.replaceAll("''", "'");
  if (type === "Edm.Boolean") return literal === "true";
  if (["Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32"].includes(type)) return Number(literal);
  return literal.replace(/[LMDF]$/i, "");
}

/** What there is no key of is no id. */
function spell(
  { model, codec }: ServiceWords,
  set: string,
  key: Readonly<Record<string, unknown>>,
): string | undefined {
  try {
    return idOf({ parts: { model, codec }, set }, key);
  } catch {
    return undefined; // which no id equals
  }
}

function notAnId(set: string): ValidationError {
  return new ValidationError(`The id is none of a record of ${set}.`, [
    { path: "id", message: "The text between the parentheses of its address, such as '1000000'." },
  ]);
}
