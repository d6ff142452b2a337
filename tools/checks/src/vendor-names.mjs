// @ts-check
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const longNames = /salesforce|quickbooks|intuit|jsforce/i;
/** Short enough to be a part of other words, so they count as whole words only. */
const shortNames = new Set(["sap", "qbo"]);

/**
 * Finds vendors' names in what must not know them: core's and the apps' sources. Comments may give examples, and tests
 * need them; package.json and the quick start's scripts are where an installation names its connectors.
 *
 * @param {string} root
 * @returns {string[]} one line for each, `file:line: text`.
 */
export function checkVendorNames(root) {
  const files = globSync(["packages/core/src/**/*.ts", "apps/*/src/**/*.ts"], {
    cwd: root,
    exclude: (path) => /(^|[\\/])(generated|fixtures)([\\/]|$)|[.]test[.]ts$/.test(path),
  });
  return files.sort().flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest);
    return [...findNames(source, source)].map(({ line, text }) => `${file}:${line}: names a vendor: ${text}`);
  });
}

/**
 * @param {ts.Node} node
 * @param {ts.SourceFile} source
 * @returns {Generator<{ line: number, text: string }>}
 */
function* findNames(node, source) {
  const text = textOf(node);
  if (text !== undefined && (longNames.test(text) || words(text).some((word) => shortNames.has(word)))) {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    yield { line, text: text.length > 80 ? `${text.slice(0, 80)}...` : text };
  }
  /** @type {ts.Node[]} */
  const children = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* findNames(child, source);
}

/** @param {ts.Node} node */
function textOf(node) {
  const isText =
    ts.isIdentifier(node) ||
    ts.isPrivateIdentifier(node) ||
    ts.isStringLiteralLike(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddleOrTemplateTail(node) ||
    ts.isRegularExpressionLiteral(node);
  return isText ? node.text : undefined;
}

/** `sapClient`, `SAP_HOST`, `isSAPSystem` and `sap-host` hold the word "sap"; "disappear" does not. @param {string} text */
function words(text) {
  const apart = text.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2");
  return apart.toLowerCase().split(/[^a-z0-9]+/);
}
