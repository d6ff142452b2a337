import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** Writes files, path to text, into a new temporary folder that goes away after the tests. */
export function writeTree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "isthmus-checks-"));
  made.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function manifest(name: string, more: object = {}): string {
  return JSON.stringify({ name: `@isthmus/${name}`, type: "module", ...more });
}

/** A small house in which every wall holds, with two connectors of vendors that nobody has heard of. */
export const soundHouse: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ name: "house", private: true }),
  "packages/core/package.json": manifest("core", { dependencies: { undici: "1" } }),
  "packages/core/src/index.ts": `export { one } from "./one.js";`,
  "packages/core/src/one.ts": "/** Comments may say salesforce. */\nexport const disappear = 1;\nexport const one = 1;",
  "packages/core/src/one.test.ts": `import { one } from "./one.js";\nconst salesforce = one;`,
  "packages/acme/package.json": manifest("acme", {
    isthmus: { connector: true },
    peerDependencies: { "@isthmus/core": "1" },
  }),
  "packages/acme/src/index.ts": `import { one } from "@isthmus/core";\nexport const acme = one;`,
  "packages/acme/test/contract.test.ts": `import "@isthmus/testkit";\nimport "@isthmus/sandbox";\nimport "../src/index.js";`,
  "packages/globex/package.json": manifest("globex", { isthmus: { connector: true } }),
  "packages/globex/src/index.ts": "export const globex = 1;",
  "packages/sandbox/package.json": manifest("sandbox"),
  "packages/sandbox/src/index.ts": "export const sandbox = 1;",
  "packages/testkit/package.json": manifest("testkit"),
  "packages/testkit/src/index.ts": `import { one } from "@isthmus/core";\nexport const kit = one;`,
  "apps/api/package.json": manifest("api", { dependencies: { "@isthmus/core": "1", "@prisma/client": "7", pg: "8" } }),
  "apps/api/src/routes/things.ts": `import { act } from "../actions/act.js";\nexport const route = act;`,
  "apps/api/src/actions/act.ts": `import { repository } from "../repositories/things.js";\nexport const act = repository;`,
  "apps/api/src/repositories/things.ts": `import { PrismaClient } from "@prisma/client";\nexport const repository = PrismaClient;`,
  "apps/api/src/database/open.ts": `import pg from "pg";\nexport const open = pg;`,
};
