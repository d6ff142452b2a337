// Lets a process of a test run the packages' TypeScript sources: `--import` this file. Vitest does the same by aliases.
import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

const packages = new URL("../../", import.meta.url);

registerHooks({
  resolve(specifier, context, next) {
    const workspace = /^@isthmus\/([a-z]+)$/.exec(specifier);
    if (workspace) return next(new URL(`${workspace[1]}/src/index.ts`, packages).href, context);
    if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith(".ts")) {
      const source = new URL(specifier.replace(/\.js$/, ".ts"), context.parentURL);
      if (existsSync(fileURLToPath(source))) return next(source.href, context);
    }
    return next(specifier, context);
  },
});
