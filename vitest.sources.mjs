// Lets plain Node run the TypeScript sources of all packages: `node --import ./vitest.sources.mjs file.ts`. For child processes
// of tests, as the aliases are for the tests themselves. Node strips the types; only `.js` in imports has to become `.ts`.
import { existsSync } from "node:fs";
import { enableCompileCache, registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

// Stripping and compiling the sources is half of what a short process costs. Entries go by content, so that none is stale.
enableCompileCache(fileURLToPath(new URL("./node_modules/.cache/sources/", import.meta.url)));

const packages = new URL("./packages/", import.meta.url);

registerHooks({
  resolve(specifier, context, nextResolve) {
    const ours = /^@isthmus\/([a-z-]+)$/.exec(specifier);
    if (ours) return nextResolve(new URL(`${ours[1]}/src/index.ts`, packages).href, context);
    if (specifier.startsWith(".") && specifier.endsWith(".js") && context.parentURL?.endsWith(".ts")) {
      const source = new URL(specifier.replace(/\.js$/, ".ts"), context.parentURL);
      if (existsSync(fileURLToPath(source))) return nextResolve(source.href, context);
    }
    return nextResolve(specifier, context);
  },
});
