import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const packages = new URL("./packages/", import.meta.url);

/** Tests run on the packages' sources, so that a stale build can neither hide a defect nor show one that is gone. */
export const workspaceAliases = readdirSync(packages).map((name) => ({
  find: new RegExp(`^@isthmus/${name}$`),
  replacement: fileURLToPath(new URL(`${name}/src/index.ts`, packages)),
}));
