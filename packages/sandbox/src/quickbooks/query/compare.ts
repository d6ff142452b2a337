import { isObject, textIn } from "../data/json.js";
import { readDecimal } from "../data/money.js";
import type { JsonValue } from "../data/records.js";
import { readTime } from "../data/time.js";
import type { Condition, Literal } from "./parse-query.js";

/** Whether a field's value meets a condition. A field without a value meets none but `= ''`. */
export function meets(value: JsonValue | undefined, condition: Condition): boolean {
  const plain = plainValue(value);
  if (condition.operator === "IN") return condition.values.some((literal) => isEqual(plain, literal));
  const [literal = ""] = condition.values;
  if (condition.operator === "=") return isEqual(plain, literal);
  if (condition.operator === "LIKE") return typeof plain === "string" && isLike(plain, String(literal));
  const order = plain === undefined ? undefined : compareValues(plain, literal);
  if (order === undefined) return false;
  if (condition.operator === "<") return order < 0;
  if (condition.operator === ">") return order > 0;
  return condition.operator === "<=" ? order <= 0 : order >= 0;
}

/** What a query compares of a value: the id of a reference, otherwise the value itself. */
export function plainValue(value: JsonValue | undefined): Literal | undefined {
  if (isObject(value)) return textIn(value, "value");
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
}

/**
 * Orders two values: numbers by size, times by the instant, texts without regard to letter case.
 *
 * @returns `undefined` when the two cannot be compared.
 */
export function compareValues(left: Literal, right: Literal): number | undefined {
  const numbers = [readDecimal(numeric(left)), readDecimal(numeric(right))] as const;
  if (numbers[0] !== undefined && numbers[1] !== undefined) return sign(numbers[0], numbers[1]);
  if (typeof left === "boolean" || typeof right === "boolean") return left === right ? 0 : undefined;
  const [leftText, rightText] = [String(left), String(right)];
  // Two plain dates are in order as they are; with a time in play the offsets count.
  const times = leftText.includes("T") || rightText.includes("T") ? [readTime(leftText), readTime(rightText)] : [];
  if (times[0] !== undefined && times[1] !== undefined) return sign(times[0], times[1]);
  return sign(leftText.toLowerCase(), rightText.toLowerCase());
}

function isEqual(value: Literal | undefined, literal: Literal): boolean {
  if (value === undefined) return literal === "";
  if (typeof value === "boolean") return String(value) === String(literal).toLowerCase();
  return compareValues(value, literal) === 0;
}

/** `%` stands for any characters; nothing else is special. */
function isLike(value: string, pattern: string): boolean {
  const text = value.toLowerCase();
  const [first = "", ...rest] = pattern.toLowerCase().split("%");
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let position = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return position <= text.length - last.length;
}

/** Ids are texts of digits and are compared as numbers, so that 9 comes before 10. */
function numeric(value: Literal): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && /^-?\d{1,18}(\.\d{1,10})?$/.test(value) ? value : undefined;
}

function sign<Value extends bigint | number | string>(left: Value, right: Value): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
