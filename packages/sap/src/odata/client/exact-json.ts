// In every engine that this package runs on (Node 22 and later), not yet in TypeScript's library.
// https://tc39.es/proposal-json-parse-with-source/
type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parseWithSource: (text: string, reviver: SourceReviver) => unknown = JSON.parse;

/** The only numbers that JavaScript may not hold exactly have this many digits. */
const manyDigits = /\d{16}|\d[eE]|\d\.\d{8}|\d{8}\.\d/;

/**
 * JSON, with each number that JavaScript's numbers cannot hold exactly as its text: `9007199254740993` stays itself. Systems that
 * do not know `IEEE754Compatible` send Edm.Int64 and Edm.Decimal as such numbers.
 *
 * @returns `undefined` for a text that is not JSON, which has no `undefined` itself.
 */
export function readExactJson(text: string): unknown {
  try {
    // A reviver is called for every value and costs several times the parser itself: most texts need none.
    return manyDigits.test(text) ? parseWithSource(text, keepExact) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function keepExact(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== "number" || source === undefined) return value;
  return canonical(String(value)) === canonical(source) ? value : source;
}

/** Digits and exponent of a number, so that `1.50` and `1.5`, or `1e3` and `1000`, are the same. */
function canonical(number: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
