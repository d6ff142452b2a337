// Lets plain Node run the service's TypeScript sources: `node --import ./sources.mjs file.ts`. Child processes of tests
// need it; the tests themselves run through vitest. Types are stripped by Node; only `.js` in imports has to become `.ts`.
import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

const packages = new URL("../../../../packages/", import.meta.url);

registerHooks({
  resolve(specifier, context, nextResolve) {
    const ours = /^@isthmus\/([a-z-]+)$/.exec(specifier);
    if (ours) return nextResolve(new URL(`${ours[1]}/src/index.ts`, packages).href, context);
    if (specifier.startsWith(".") && specifier.endsWith(".js")) {
      const source = new URL(specifier.replace(/\.js$/, ".ts"), context.parentURL);
      if (existsSync(fileURLToPath(source))) return nextResolve(source.href, context);
    }
    return nextResolve(specifier, context);
  },
});
