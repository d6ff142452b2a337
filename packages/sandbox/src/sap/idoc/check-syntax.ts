import type { IdocMessage, IdocSegment } from "./idoc-document.js";
import { idocTypes, type SegmentPlace } from "./idoc-types.js";
import { segmentFields } from "./segments.js";

/** What is wrong with an IDoc's syntax, in SAP's words; `undefined` when nothing is. */
export function findSyntaxError({ control, segments }: IdocMessage): string | undefined {
  const type = idocTypes.get(control.IDOCTYP ?? "");
  if (type === undefined) return `The basic type '${control.IDOCTYP}' is unknown`;
  if (type.message !== control.MESTYP) {
    return `The message type '${control.MESTYP}' is not assigned to the basic type '${control.IDOCTYP}'`;
  }
  return findInLevel(segments, type.segments, "the IDoc", (control.CIMTYP ?? "") !== "");
}

function findInLevel(
  segments: readonly IdocSegment[],
  places: readonly SegmentPlace[],
  parent: string,
  extended: boolean,
): string | undefined {
  let at = 0;
  for (const segment of segments) {
    const index = places.findIndex(({ name }) => name === segment.name);
    const place = places[index];
    if (place === undefined) {
      // An extension brings segments of the customer's own.
      if (extended && /^(Z|Y|\/)/.test(segment.name)) continue;
      return `The segment '${segment.name}' is unknown in ${parent}`;
    }
    if (index < at) return `The segment '${segment.name}' is in the wrong place in ${parent}`;
    at = index;
    const below = findInSegment(segment, place, extended);
    if (below !== undefined) return below;
  }
  for (const { name, mandatory, maximum } of places) {
    const count = segments.filter((segment) => segment.name === name).length;
    if (mandatory && count === 0) return `The mandatory segment '${name}' does not exist in ${parent}`;
    if (count > maximum)
      return `The segment '${name}' occurs ${count} times in ${parent}, at most ${maximum} are allowed`;
  }
  return undefined;
}

function findInSegment(segment: IdocSegment, place: SegmentPlace, extended: boolean): string | undefined {
  const lengths = new Map(Object.entries(segmentFields[segment.name] ?? {}));
  for (const [name, value] of Object.entries(segment.fields)) {
    const length = lengths.get(name);
    if (length !== undefined && value.length > length) {
      return `The field '${name}' of segment '${segment.name}' is longer than ${length} characters`;
    }
  }
  return findInLevel(segment.children, place.children, `segment '${segment.name}'`, extended);
}
