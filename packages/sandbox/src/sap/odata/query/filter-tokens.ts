import { malformed } from "../failure.js";

/** A literal's type, as far as its writing shows it. */
export type LiteralKind = "string" | "number" | "boolean" | "null" | "day" | "instant" | "time" | "guid";

type Piece =
  | { kind: "literal"; type: LiteralKind; value: string }
  | { kind: "name"; value: string }
  | { kind: "mark"; value: string };

/** A piece of a filter, and where it begins. Marks are `(`, `)`, `,` and `:`. */
export type Token = Piece & { at: number };

const guidPattern = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
const clock = "\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,12})?)?";

// The order matters: a guid may begin like a number, and a date like one too.
const patterns: readonly [RegExp, (match: RegExpExecArray) => Piece | undefined][] = [
  [/\s+/y, () => undefined],
  [/'((?:[^']|'')*)'/y, ([, text = ""]) => literal("string", text.replaceAll("''", "'"))],
  [new RegExp(`guid'(${guidPattern})'`, "y"), ([, value = ""]) => literal("guid", value.toLowerCase())],
  [new RegExp(`datetime'(\\d{4}-\\d{2}-\\d{2}T${clock})'`, "y"), ([, value = ""]) => literal("instant", `${value}Z`)],
  [new RegExp(`datetimeoffset'(\\d{4}-\\d{2}-\\d{2}T${clock}(?:Z|[+-]\\d{2}:\\d{2})?)'`, "y"), readInstant],
  [/time'PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?'/y, readDuration],
  [new RegExp(guidPattern, "y"), ([value]) => literal("guid", value.toLowerCase())],
  [new RegExp(`(\\d{4}-\\d{2}-\\d{2}T${clock}(?:Z|[+-]\\d{2}:\\d{2}))`, "y"), readInstant],
  [/\d{4}-\d{2}-\d{2}/y, ([value]) => literal("day", value)],
  [new RegExp(clock, "y"), ([value]) => literal("time", value.slice(0, 8))],
  [/(-?\d+(?:\.\d+)?)(?:[eE]([+-]?\d+))?[LlMmDdFf]?(?![\w-])/y, readNumber],
  [/(true|false)(?!\w)/y, ([value]) => literal("boolean", value)],
  [/null(?!\w)/y, () => literal("null", "")],
  [/[A-Za-z_]\w*(?:[/.](?!\d)[A-Za-z_]\w*)*/y, ([value]) => ({ kind: "name", value })],
  [/[(),:]/y, ([value]) => ({ kind: "mark", value })],
];

/** Cuts a filter into pieces. @throws {ODataFailure} 400 at what fits nowhere. */
export function readFilterTokens(filter: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < filter.length) {
    const next = matchAt(filter, at);
    if (next.token !== undefined) tokens.push({ ...next.token, at });
    at = next.end;
  }
  return tokens;
}

function matchAt(filter: string, at: number): { token: Piece | undefined; end: number } {
  for (const [pattern, read] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(filter);
    if (match !== null) return { token: read(match), end: pattern.lastIndex };
  }
  throw malformed(`Invalid token '${filter.slice(at, at + 20)}' at position ${at + 1} of the filter`);
}

function literal(type: LiteralKind, value: string): Piece {
  return { kind: "literal", type, value };
}

function readInstant([, value = ""]: RegExpExecArray): Piece {
  return literal("instant", /Z|[+-]\d{2}:\d{2}$/.test(value) ? value : `${value}Z`);
}

function readDuration([, hours = "0", minutes = "0", seconds = "0"]: RegExpExecArray): Piece {
  return literal("time", [hours, minutes, seconds].map((part) => part.padStart(2, "0")).join(":"));
}

/** `1.5e3` as `1500`; every digit stays, however large the number. */
function readNumber([, value = "", exponent = "0"]: RegExpExecArray): Piece {
  const shift = Number(exponent);
  if (Math.abs(shift) > 400) throw malformed(`The number ${value}e${exponent} is out of range`);
  if (shift === 0) return literal("number", value);
  const [whole = "", fraction = ""] = value.replace("-", "").split(".");
  const digits = `${"0".repeat(Math.max(0, -shift))}${whole}${fraction}${"0".repeat(Math.max(0, shift))}`;
  const point = Math.max(0, -shift) + whole.length + shift;
  const text = `${digits.slice(0, point)}.${digits.slice(point) || "0"}`;
  return literal("number", `${value.startsWith("-") ? "-" : ""}${text}`);
}
