const atom = String.raw`(?:\\[dDwWsS]|\\[^A-Za-z0-9]|\[(?:\\.|[^\]\\])+\]|[^\\^$.|?*+()[\]{}])`;
const quantifier = String.raw`(?:[?*+]|\{\d{1,3}(?:,\d{0,3})?\})`;
const whole = new RegExp(`^\\^(?:${atom}${quantifier}?)*\\$$`);
const quantified = new RegExp(`${atom}(${quantifier})?`, "g");

/**
 * What speaks against a regular expression in a schema; `undefined` when nothing does.
 *
 * A configuration is written by a customer and run by a service for all of them, and JavaScript's regular expressions can
 * take years. Those that are taken cannot: anchored, no groups, no alternatives, one part at most of varying length.
 */
export function findPatternProblem(pattern: string): string | undefined {
  const form =
    "is not of the form that is taken: ^…$, characters, classes and counts such as ^[A-Z]{2}\\d+$, without groups or alternatives";
  if (pattern.length > 200 || !whole.test(pattern) || !isRegularExpression(pattern)) return form;
  const varying = [...pattern.slice(1, -1).matchAll(quantified)].filter(
    ([, count]) => count && !/^\{\d+\}$/.test(count),
  );
  return varying.length > 1 ? "has more than one part of varying length, which can take forever to match" : undefined;
}

function isRegularExpression(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u").source !== "";
  } catch {
    return false; // That it is none is the answer.
  }
}
