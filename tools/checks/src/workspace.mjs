// @ts-check
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {object} WorkspacePackage
 * @property {string} name Its npm name.
 * @property {string} folder Relative to the root: `packages/core`.
 * @property {boolean} isConnector Whether its package.json says `"isthmus": { "connector": true }`.
 */

/**
 * The packages and apps under `root`. A connector says of itself that it is one, so a new vendor needs no new rule.
 *
 * @param {string} root
 * @returns {WorkspacePackage[]}
 */
export function listPackages(root) {
  return globSync(["packages/*/package.json", "apps/*/package.json"], { cwd: root })
    .sort()
    .map((file) => {
      const manifest = JSON.parse(readFileSync(join(root, file), "utf8"));
      const folder = file.replace(/[\\/]package\.json$/, "").replaceAll("\\", "/");
      return { name: manifest.name, folder, isConnector: manifest.isthmus?.connector === true };
    });
}

/**
 * Those of {@link listPackages} that have sources.
 *
 * @param {string} root
 */
export function listPackagesWithSources(root) {
  return listPackages(root).filter(({ folder }) => existsSync(join(root, folder, "src")));
}
