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
  const counts = new Map<IdocSegmentRule, number>();
  let position = 0;
  for (const [at, segment] of segments.entries()) {
    if (issues.isFull) return;
    const segmentPath = `${path}.${at}`;
    const rule = findRule(rules, segment.name, position);
    if (!rule) {
      issues.add(`${segmentPath}.name`, `${parent} has no segment ${segment.name}.`);
      continue;
    }
    const place = rules.indexOf(rule);
    if (place < position) {
      issues.add(segmentPath, `${segment.name} has to stand before ${rules[position]?.name}.`);
    }
    position = Math.max(position, place);
    const count = (counts.get(rule) ?? 0) + 1;
    counts.set(rule, count);
    if (count === rule.maxOccurs + 1) {
      issues.add(segmentPath, `${parent} holds at most ${rule.maxOccurs} of ${segment.name}.`);
    }
    checkFields(segment, rule.type, segmentPath, issues);
    checkSegments(segment.segments, rule.type.segments, `${segmentPath}.segments`, segment.name, issues);
  }
  for (const rule of rules) {
    if ((counts.get(rule) ?? 0) >= rule.minOccurs) continue;
    issues.add(path, `${parent} has to hold at least ${rule.minOccurs} of ${rule.name}.`);
  }
}

/** The rule at or behind the place that the document has reached; else one before it, which is then out of order. */
function findRule(rules: readonly IdocSegmentRule[], name: string, position: number): IdocSegmentRule | undefined {
  return rules.slice(position).find((rule) => rule.name === name) ?? rules.find((rule) => rule.name === name);
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
  for (const [name, rule] of type.fields) {
    if (rule.required && !Object.hasOwn(segment.fields, name)) {
      issues.add(`${path}.fields.${name}`, `${segment.name} has to have it.`);
    }
  }
}
