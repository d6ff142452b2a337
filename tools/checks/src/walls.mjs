// @ts-check
import { globSync } from "node:fs";
import { join, resolve } from "node:path";
import { cruise } from "dependency-cruiser";
import { wallRules } from "./wall-rules.mjs";
import { listPackagesWithSources } from "./workspace.mjs";

/**
 * Finds imports that run against the arrows of the design.
 *
 * @param {string} root
 * @returns {Promise<string[]>} one line for each, `rule: from -> to (why)`.
 */
export async function checkWalls(root) {
  const packages = listPackagesWithSources(root);
  const files = globSync(["{packages,apps}/*/{src,test,examples}/**/*.ts"], {
    cwd: root,
    exclude: (path) => /(^|[\\/])(node_modules|dist|fixtures|generated)([\\/]|$)/.test(path),
  }).map((file) => file.replaceAll("\\", "/"));
  if (files.length === 0) return [`walls: no sources found under ${root}`];

  const { output } = await cruise(
    files,
    {
      // Without a slash at its end, which dependency-cruiser does not bear.
      baseDir: resolve(root),
      validate: true,
      ruleSet: { forbidden: wallRules(packages) },
      // Type-only imports are arrows as well.
      tsPreCompilationDeps: true,
      doNotFollow: { path: ["node_modules", "/generated/", "/dist/"] },
      outputType: "json",
      combinedDependencies: true,
    },
    {
      // By name to the sources, as in the tests: a build need not be there.
      alias: Object.fromEntries(packages.map(({ name, folder }) => [`${name}$`, join(root, folder, "src/index.ts")])),
      extensionAlias: { ".js": [".ts", ".js"], ".mjs": [".mts", ".mjs"] },
      extensions: [".ts", ".js", ".mjs", ".json"],
      bustTheCache: true,
    },
  );
  const result = typeof output === "string" ? JSON.parse(output) : output;
  return result.summary.violations.map(describeViolation(result.summary.ruleSetUsed?.forbidden ?? []));
}

/** @param {{ name?: string, comment?: string }[]} rules */
function describeViolation(rules) {
  /** @param {import("dependency-cruiser").IViolation} violation */
  return ({ rule, from, to, cycle }) => {
    const path = cycle ? cycle.map(({ name }) => name).join(" -> ") : to;
    const why = rules.find(({ name }) => name === rule.name)?.comment ?? "";
    return `${rule.name}: ${from} -> ${path} (${why})`;
  };
}
