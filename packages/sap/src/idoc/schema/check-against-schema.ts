import type { ValidationIssue } from "@isthmus/core";
import type { Idoc, IdocSegment } from "../idoc.js";
import type { IdocSchema, IdocSegmentRule, IdocSegmentType } from "./idoc-schema.js";

/** More than these are not told: a document that is of another type has thousands. */
const maxIssues = 100;

/**
 * What of an IDoc its schema does not allow: unknown segments and fields, wrong order, wrong number, values that are too long.
 *
 * @returns paths within the IDoc, `segments.2.fields.MENGE`; at most 100.
 */
export function checkAgainstSchema(idoc: Idoc, schema: IdocSchema): readonly ValidationIssue[] {
  const { IDOCTYP, CIMTYP } = idoc.control;
  const issues = new IssueList();
  if (schema.name !== IDOCTYP && schema.name !== CIMTYP) {
    const message = `The schema is that of ${schema.name}. The control record has to name it here or in CIMTYP.`;
    issues.add("control.IDOCTYP", message);
  }
  checkSegments(idoc.segments, schema.segments, "segments", schema.name, issues);
  return issues.list;
}

class IssueList {
  readonly list: ValidationIssue[] = [];
  get isFull(): boolean {
    return this.list.length >= maxIssues;
  }
  add(path: string, message: string): void {
    if (!this.isFull) this.list.push({ path, message });
  }
}

function checkSegments(
  segments: readonly IdocSegment[],
  rules: readonly IdocSegmentRule[],
  path: string,
  parent: string,
  issues: IssueList,
): void {
  const { places, required } = indexRules(rules);
  const counts = new Map<number, number>();
  let position = 0;
  for (const [at, segment] of segments.entries()) {
    if (issues.isFull) return;
    const segmentPath = `${path}.${at}`;
    const known = places.get(segment.name);
    // At or behind the place that the document has reached; else before it, which is out of order.
    const place = known?.find((each) => each >= position) ?? known?.[0];
    const rule = place === undefined ? undefined : rules[place];
    if (place === undefined || !rule) {
      issues.add(`${segmentPath}.name`, `${parent} has no segment ${segment.name}.`);
      continue;
    }
    if (place < position) issues.add(segmentPath, `${segment.name} has to stand before ${rules[position]?.name}.`);
    position = Math.max(position, place);
    const count = (counts.get(place) ?? 0) + 1;
    counts.set(place, count);
    if (count === rule.maxOccurs + 1) {
      issues.add(segmentPath, `${parent} holds at most ${rule.maxOccurs} of ${segment.name}.`);
    }
    checkFields(segment, rule.type, segmentPath, issues);
    checkSegments(segment.segments, rule.type.segments, `${segmentPath}.segments`, segment.name, issues);
  }
  for (const place of required) {
    const rule = rules[place];
    if (!rule || (counts.get(place) ?? 0) >= rule.minOccurs) continue;
    issues.add(path, `${parent} has to hold at least ${rule.minOccurs} of ${rule.name}.`);
  }
}

interface RuleIndex {
  /** Places of the rules of each name, in order. */
  readonly places: ReadonlyMap<string, readonly number[]>;
  /** Places of those that ask for a segment. */
  readonly required: readonly number[];
}

/** One for each list of rules: a document has many more segments than its type has rules, and some types have hundreds. */
const ruleIndexes = new WeakMap<readonly IdocSegmentRule[], RuleIndex>();

function indexRules(rules: readonly IdocSegmentRule[]): RuleIndex {
  const known = ruleIndexes.get(rules);
  if (known) return known;
  const places = Map.groupBy(rules.keys(), (place) => rules[place]?.name ?? "");
  const required = [...rules.keys()].filter((place) => (rules[place]?.minOccurs ?? 0) > 0);
  const index = { places, required };
  ruleIndexes.set(rules, index);
  return index;
}

function checkFields(segment: IdocSegment, type: IdocSegmentType, path: string, issues: IssueList): void {
  for (const [name, value] of Object.entries(segment.fields)) {
    const rule = type.fields.get(name);
    const fieldPath = `${path}.fields.${name}`;
    if (!rule) issues.add(fieldPath, `${segment.name} has no field ${name}.`);
    // SAP's systems count in units of UTF-16, as JavaScript does, not in characters as XML Schema does.
    else if (rule.maxLength !== undefined && value.length > rule.maxLength) {
      issues.add(fieldPath, `${name} of ${segment.name} holds at most ${rule.maxLength} characters.`);
    }
  }
  for (const name of requiredFields(type)) {
    if (Object.hasOwn(segment.fields, name)) continue;
    issues.add(`${path}.fields.${name}`, `${segment.name} has to have it.`);
  }
}

const requiredNames = new WeakMap<IdocSegmentType, readonly string[]>();

function requiredFields(type: IdocSegmentType): readonly string[] {
  const known = requiredNames.get(type);
  if (known) return known;
  const names = [...type.fields].filter(([, { required }]) => required).map(([name]) => name);
  requiredNames.set(type, names);
  return names;
}
