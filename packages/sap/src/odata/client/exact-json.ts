// In every engine that this package runs on (Node 22 and later), not yet in TypeScript's library.
// https://tc39.es/proposal-json-parse-with-source/
type SourceReviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;
const parseWithSource: (text: string, reviver: SourceReviver) => unknown = JSON.parse;

/**
 * A number of sixteen digits, with a point among them or not, or with an exponent: nothing less is ever inexact. Within an object or
 * a list it stands behind a colon, a comma, a bracket or white space, which the digits of a GUID or of a link mostly do not.
 */
const mayBeInexact = /[:,[\s]-?\d(?:\d{15}|[\d.]{16}|[\d.]*[eE])/;
const isNumberAlone = /^-?\d/;
const exactDigits = 15;

/**
 * JSON, with each number that JavaScript's numbers may not hold exactly as its text: `9007199254740993` stays itself, and so does
 * any number of more than fifteen digits that is no safe integer. Systems that
 * do not know `IEEE754Compatible` send Edm.Int64 and Edm.Decimal as such numbers.
 *
 * @returns `undefined` for a text that is not JSON, which has no `undefined` itself.
 */
export function readExactJson(text: string): unknown {
  try {
    // A reviver is called for every value and costs several times the parser itself: most texts need none.
    return isNumberAlone.test(text) || mayBeInexact.test(text) ? parseWithSource(text, keepExact) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function keepExact(_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
  if (typeof value !== "number" || source === undefined || Number.isSafeInteger(value)) return value;
  return isExact(source) ? value : source;
}

/** Any decimal number of up to fifteen digits comes back from a double as it was, within the range of doubles. */
function isExact(number: string): boolean {
  const [, whole = "", fraction = "", exponent = "0"] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+|0+$/g, "");
  return digits.length <= exactDigits && Math.abs(Number(exponent)) < 290;
}
