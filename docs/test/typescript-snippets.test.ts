import { execFileSync } from "node:child_process";
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { root } from "./support/snippets.js";

const rootFolder = fileURLToPath(root);
const folder = mkdtempSync(join(tmpdir(), "isthmus-snippets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// The guide's snippets are one package, and have a test of their own.
const files = globSync(["README.md", "packages/*/README.md", "docs/**/*.md"], { cwd: rootFolder })
  .filter((file) => file !== "docs/writing-a-connector.md" && readTypeScript(file) !== "")
  .toSorted();

describe("TypeScript in the documents", () => {
  it("stands in several documents", () => {
    expect(files).toEqual(
      expect.arrayContaining([
        "README.md",
        "packages/core/README.md",
        "packages/salesforce/README.md",
        "packages/sap/README.md",
      ]),
    );
  });

  it("compiles, strictly, against the packages as they are", { timeout: 90_000 }, () => {
    for (const file of files) writeModule(file);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(compilerConfiguration()));
    expect(typecheck()).toBe("");
  });
});

/**
 * Every block of a document in one module: later ones go on where earlier ones were. What they take for granted is declared
 * by comments that a reader does not see: `<!-- given: … -->` in the module, `<!-- given path: … -->` in a file beside it.
 */
function readTypeScript(file: string): string {
  const parts = readDocument(file).matchAll(/^```ts\n([\s\S]*?)^```$|^<!-- given: (.*) -->$/gm);
  return [...parts].map(([, block, given]) => block ?? `${given}\n`).join("\n");
}

function writeModule(file: string): void {
  const place = join(folder, file.replaceAll(/\W/g, "-"), "test");
  write(join(place, "document.ts"), readTypeScript(file));
  for (const [, path = "", text = ""] of readDocument(file).matchAll(/^<!-- given (\S+): (.*) -->$/gm)) {
    write(join(place, path), text);
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function readDocument(file: string): string {
  return readFileSync(join(rootFolder, file), "utf8");
}

function compilerConfiguration() {
  for (const [name, place] of [
    ["zod", "packages/core/node_modules/zod"],
    ["@sap-cloud-sdk/http-client", "packages/sandbox/node_modules/@sap-cloud-sdk/http-client"],
    ["vitest", "node_modules/vitest"],
    ["@types/node", "node_modules/@types/node"],
  ] as const) {
    mkdirSync(join(folder, "node_modules", name, ".."), { recursive: true });
    symlinkSync(join(rootFolder, place), join(folder, "node_modules", name), "dir");
  }
  const packages = readdirSync(join(rootFolder, "packages"));
  const paths = packages.map((name) => [`@isthmus/${name}`, [join(rootFolder, "packages", name, "src/index.ts")]]);
  // Documents declare what they do not go on to use.
  const options = {
    noEmit: true,
    noUnusedLocals: false,
    rootDir: parse(folder).root,
    paths: Object.fromEntries(paths),
  };
  return { extends: join(rootFolder, "tsconfig.base.json"), compilerOptions: options, include: ["./**/*.ts"] };
}

function typecheck(): string {
  const tsc = join(rootFolder, "node_modules/typescript/bin/tsc");
  try {
    execFileSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { cwd: folder, stdio: "pipe" });
    return "";
  } catch (error) {
    return String(Reflect.get(Object(error), "stdout"));
  }
}
