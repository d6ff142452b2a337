import type { ODataModel, ODataType } from "./model.js";
import type { EdmType } from "./values/edm-type.js";
import { findEdmType } from "./values/edm-types.js";

/** How a property or navigation of a type is read. */
export interface Field {
  /** Qualified. */
  readonly type: string;
  readonly isCollection: boolean;
  readonly isNavigation: boolean;
  /** Missing: it is of a complex type, or of one that the metadata does not have. */
  readonly edm: EdmType | undefined;
}

const known = new WeakMap<ODataType, ReadonlyMap<string, Field>>();

/**
 * The fields of a type by name, found once for each type: reading asks for one for every value. `undefined` where the metadata does
 * not have the type.
 */
export function fieldsOf(model: ODataModel, typeName: string): ReadonlyMap<string, Field> | undefined {
  const type = model.types.get(typeName);
  if (!type) return undefined;
  const fields = known.get(type) ?? findFields(model, type);
  known.set(type, fields);
  return fields;
}

function findFields(model: ODataModel, type: ODataType): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  for (const [name, { type: of, isCollection }] of type.properties) {
    const edm = model.types.has(of) ? undefined : findEdmType(model, of);
    fields.set(name, { type: of, isCollection, isNavigation: false, edm });
  }
  for (const [name, { type: of, isCollection }] of type.navigations) {
    fields.set(name, { type: of, isCollection, isNavigation: true, edm: undefined });
  }
  return fields;
}
