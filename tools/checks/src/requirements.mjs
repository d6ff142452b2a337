// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { requirementIds } from "./requirement-ids.mjs";

const table = "docs/requirements.md";

/**
 * @typedef {object} Row
 * @property {number} line
 * @property {string} id
 * @property {string[]} code Paths from the root.
 * @property {{ file: string, title: string }[]} tests
 * @property {string} state
 */

/**
 * Holds docs/requirements.md to its word: every id is there once, what is named exists, and what is done is shown by a
 * test.
 *
 * @param {string} root
 * @param {readonly string[]} [ids] Every id that must have a row.
 * @returns {string[]} one line for each problem.
 */
export function checkRequirements(root, ids = requirementIds) {
  if (!existsSync(join(root, table))) return [`${table}: does not exist`];
  const rows = readRows(readFileSync(join(root, table), "utf8"));
  const known = new Set(rows.map(({ id }) => id));
  const missing = ids.filter((id) => !known.has(id)).map((id) => `${table}: ${id} is missing`);
  return [...missing, ...rows.flatMap((row, index) => checkRow(root, row, rows.slice(0, index), ids))];
}

/**
 * @param {string} root
 * @param {Row} row
 * @param {Row[]} earlier
 * @param {readonly string[]} ids
 */
function checkRow(root, row, earlier, ids) {
  /** @type {string[]} */
  const problems = [];
  const say = (/** @type {string} */ problem) => problems.push(`${table}:${row.line}: ${row.id} ${problem}`);

  if (!ids.includes(row.id)) say("is not one of the ids that were asked for");
  if (earlier.some(({ id }) => id === row.id)) say("stands in the table twice");
  if (!/^(done|planned|later: .+)$/.test(row.state))
    say(`has the state "${row.state}" instead of done, planned or later: ...`);

  for (const path of row.code) if (!existsSync(join(root, path))) say(`names ${path}, which does not exist`);
  for (const { file, title } of row.tests) {
    if (!existsSync(join(root, file))) say(`names ${file}, which does not exist`);
    else if (!hasTitle(readFileSync(join(root, file), "utf8"), title))
      say(`names a test "${title}", which ${file} does not hold`);
  }
  if (row.state === "done") {
    if (row.code.length === 0) say("is done, but names no code");
    if (row.tests.length === 0) say("is done, but names no test");
    const isOwnTest = /^TEST-/.test(row.id);
    if (isOwnTest && !row.tests.some(({ title }) => title.startsWith(row.id)))
      say("is done, but no test's title begins with it");
  }
  return problems;
}

/** Whether a string of the file begins with the title. @param {string} text @param {string} title */
function hasTitle(text, title) {
  return ['"', "'", "`"].some((quote) => text.includes(`${quote}${title}`));
}

/** @param {string} markdown @returns {Row[]} */
function readRows(markdown) {
  return markdown.split("\n").flatMap((text, index) => {
    if (!/^\|\s*[A-Z]+(-[A-Z]+)?-\d{3}\s*\|/.test(text)) return [];
    const [, id = "", , code = "", tests = "", state = ""] = text.split("|").map((cell) => cell.trim());
    return [
      {
        line: index + 1,
        id,
        code: [...code.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path),
        tests: [...tests.matchAll(/`([^`]+)` "([^"]*)"/g)].map(([, file = "", title = ""]) => ({ file, title })),
        state,
      },
    ];
  });
}
