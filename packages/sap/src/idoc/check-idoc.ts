import type { ValidationIssue } from "@isthmus/core";
import { findForbiddenCharacter } from "@isthmus/core";
import { controlFields, isControlField } from "./control-record.js";
import { type Idoc, type IdocSegment, maxSegmentLevels } from "./idoc.js";
import { isSapName } from "./names.js";

/** What is wrong with an IDoc whatever its type: names, lengths of the control record, characters. */
export function checkIdoc(idoc: Idoc): ValidationIssue[] {
  const issues = Object.entries(idoc.control).flatMap(([name, value]) => checkControlField(name, value));
  idoc.segments.forEach((segment, at) => {
    checkSegment(segment, `segments.${at}`, 1, issues);
  });
  return issues;
}

function checkControlField(name: string, value: string): ValidationIssue[] {
  const path = `control.${name}`;
  if (!isControlField(name)) return [{ path, message: "EDI_DC40 has no such field." }];
  const length = controlFields[name];
  if (value.length > length) return [{ path, message: `It is longer than ${length} characters.` }];
  return checkText(value, path);
}

function checkSegment(segment: IdocSegment, path: string, level: number, issues: ValidationIssue[]): void {
  if (level > maxSegmentLevels) {
    issues.push({ path, message: `It lies deeper than ${maxSegmentLevels} levels.` });
    return;
  }
  if (!isSapName(segment.name)) issues.push({ path: `${path}.name`, message: "No segment can have this name." });
  for (const [field, value] of Object.entries(segment.fields)) {
    const fieldPath = `${path}.fields.${field}`;
    if (!isSapName(field)) issues.push({ path: fieldPath, message: "No field can have this name." });
    issues.push(...checkText(value, fieldPath));
  }
  segment.segments.forEach((child, at) => {
    checkSegment(child, `${path}.segments.${at}`, level + 1, issues);
  });
}

function checkText(text: string, path: string): ValidationIssue[] {
  const character = findForbiddenCharacter(text);
  if (character === undefined) return [];
  return [{ path, message: `It holds the character ${character}, which no IDoc can carry.` }];
}
