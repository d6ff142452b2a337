import { ValidationError, type ValidationIssue } from "@isthmus/core";
import { toArckey } from "./arckey.js";
import { checkIdoc } from "./check-idoc.js";
import { completeControl, type IdocDefaults } from "./control-record.js";
import { type Idoc, type IdocDraft, type IdocSegment, type IdocSegmentDraft, maxSegmentLevels } from "./idoc.js";
import { checkAgainstSchema } from "./schema/check-against-schema.js";
import type { IdocSchema } from "./schema/idoc-schema.js";

/** How IDocs are built. */
export interface BuildIdocOptions extends IdocDefaults {
  /** The caller's own key of this transmission: goes into `ARCKEY`, by which a lost answer is looked up. */
  readonly idempotencyKey: string;
  /** What the segments are checked against. Missing: only names and characters are checked. */
  readonly schema?: IdocSchema;
}

/**
 * Completes and checks an IDoc.
 * @throws {ValidationError} with an issue for each thing that is wrong, at most 100, by its path: `segments.0.fields.CURCY`.
 */
export function buildIdoc(draft: IdocDraft, options: BuildIdocOptions): Idoc {
  const idoc = complete(draft, options, 0, 1);
  assertSound(check(idoc, options.schema));
  return idoc;
}

/**
 * Completes and checks the IDocs of one transmission. Each gets an `ARCKEY` and a `DOCNUM` of its own.
 * @throws {ValidationError} as {@link buildIdoc} does, with paths such as `1.control.SNDPRN`; or when there is no IDoc.
 */
export function buildIdocs(drafts: readonly IdocDraft[], options: BuildIdocOptions): readonly Idoc[] {
  if (drafts.length === 0) throw new ValidationError("There is no IDoc to send.");
  const idocs = drafts.map((draft, place) => complete(draft, options, place, drafts.length));
  const issues = idocs.flatMap((idoc, place) =>
    check(idoc, options.schema).map(({ path, message }) => ({ path: `${place}.${path}`, message })),
  );
  assertSound([...issues, ...checkNumbers(idocs)]);
  return idocs;
}

/** Answers and status IDocs tell the IDocs of a transmission apart by it. */
function checkNumbers(idocs: readonly Idoc[]): ValidationIssue[] {
  const seen = new Set<string | undefined>();
  return idocs.flatMap(({ control: { DOCNUM } }, place) => {
    if (!seen.has(DOCNUM)) {
      seen.add(DOCNUM);
      return [];
    }
    return [{ path: `${place}.control.DOCNUM`, message: "Another IDoc of the transmission has the same." }];
  });
}

function complete(draft: IdocDraft, options: BuildIdocOptions, place: number, count: number): Idoc {
  const arckey = toArckey(options.idempotencyKey, place, count);
  return {
    control: completeControl(draft.control, options, place, arckey),
    segments: draft.segments.map((segment) => completeSegment(segment, 1)),
  };
}

function completeSegment({ name, fields = {}, segments = [] }: IdocSegmentDraft, level: number): IdocSegment {
  // Here and not with the other checks: nothing may walk down a tree without end.
  if (level > maxSegmentLevels) throw new ValidationError(`Segments lie deeper than ${maxSegmentLevels} levels.`);
  return { name, fields, segments: segments.map((segment) => completeSegment(segment, level + 1)) };
}

function check(idoc: Idoc, schema: IdocSchema | undefined): ValidationIssue[] {
  const issues = checkIdoc(idoc);
  for (const field of ["IDOCTYP", "MESTYP"] as const) {
    if (!idoc.control[field]) issues.push({ path: `control.${field}`, message: "It has to be given." });
  }
  return schema ? [...issues, ...checkAgainstSchema(idoc, schema)] : issues;
}

function assertSound(issues: readonly ValidationIssue[]): void {
  const [first] = issues;
  if (!first) return;
  const more = issues.length === 1 ? "" : ` There are ${issues.length} such places.`;
  throw new ValidationError(`The IDoc cannot be sent. ${first.path}: ${first.message}${more}`, issues.slice(0, 100));
}
