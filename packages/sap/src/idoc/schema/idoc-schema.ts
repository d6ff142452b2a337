import { ValidationError } from "@isthmus/core";

/** What a field of a segment may hold. */
export interface IdocFieldRule {
  /** In characters. Missing: the schema sets no limit. */
  readonly maxLength?: number;
  /** Whether it has to be there. SAP's own schemas ask for hardly any. */
  readonly required: boolean;
}

/** Where a segment may stand, and how often. */
export interface IdocSegmentRule {
  /** As SAP writes it: `E1EDK01`, `/ROP/E1X`. */
  readonly name: string;
  readonly minOccurs: number;
  /** `Infinity` where there is no limit. */
  readonly maxOccurs: number;
  readonly type: IdocSegmentType;
}

/** What a segment holds. Rules that name the same type share one object. */
export interface IdocSegmentType {
  /** In the order of SAP's dictionary, which is that of the flat form. */
  readonly fields: ReadonlyMap<string, IdocFieldRule>;
  /** In the order in which they have to stand. */
  readonly segments: readonly IdocSegmentRule[];
}

/** What an IDoc type allows, read from SAP's export. */
export interface IdocSchema {
  /** Name of the document's root: the basic type, or its extension. */
  readonly name: string;
  /** Segments of the first level, without the control record. */
  readonly segments: readonly IdocSegmentRule[];
}

/**
 * The type of each segment by its name, wherever it stands.
 * @throws {ValidationError} when a segment has other fields in one place than in another: in SAP's dictionary none has.
 */
export function segmentTypes(schema: IdocSchema): ReadonlyMap<string, IdocSegmentType> {
  const types = new Map<string, IdocSegmentType>();
  const seen = new Set<IdocSegmentType>();
  const visit = (rules: readonly IdocSegmentRule[]): void => {
    for (const { name, type } of rules) {
      const known = types.get(name);
      if (known === undefined) types.set(name, type);
      else if (!hasSameFields(known, type)) {
        throw new ValidationError(`The schema gives ${name} other fields in one place than in another.`);
      }
      // A type that several rules share is looked at once: a schema can be written so that its tree has billions of places.
      if (seen.has(type)) continue;
      seen.add(type);
      visit(type.segments);
    }
  };
  visit(schema.segments);
  return types;
}

function hasSameFields(one: IdocSegmentType, other: IdocSegmentType): boolean {
  if (one === other) return true;
  const others = [...other.fields];
  return (
    one.fields.size === others.length &&
    [...one.fields].every(
      ([name, { maxLength }], at) => name === others[at]?.[0] && maxLength === others[at][1].maxLength,
    )
  );
}
